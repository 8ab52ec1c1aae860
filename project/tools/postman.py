"""A Postman collection (v2.1) of every operation in Swagger, in an order in which all of them succeed.

What a request needs comes from the schema: its example as the body, and ids from the answers of requests before it. A
creating POST whose resource has a path of its own, `/books/{book_id}/`, keeps the new id in a variable of that name.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from common.api.schema import INFO, Generator

VARIABLES = {"baseUrl": "http://127.0.0.1:8000", "username": "admin", "password": "", "token": ""}
SIGN_IN, REGISTER = "/api-token-auth/", "/api/rest-auth/registration/"
LOGIN, LOGOUT, PASSWORD = "/api/rest-auth/login/", "/api/rest-auth/logout/", "/api/rest-auth/password/change/"
OWN = "/api/rest-auth/"  # about oneself: by the resident who registers, so that the admin stays as it is
OFFICERS, INFRACTIONS = "/api/v3/officers/", "/api/v3/infractions/"
ORDER = [SIGN_IN, REGISTER, LOGIN, "/api/rest-auth/user/", PASSWORD, LOGOUT]
ORDER += ["/api/v3/persons/", "/api/v3/vehicles/", OFFICERS, INFRACTIONS]  # then all others
METHODS = ["POST", "GET", "PUT", "PATCH", "DELETE"]
COVER = "docs/cover.png"

# New with each run where something is created
UNIQUE = {"username", "email", "id", "name", "serial", "license_plate", "badge_number"}
ROLES = {"owner": "person"}  # whose id a field of that name holds
BODIES: dict[str, dict[str, str]] = {  # in place of what the example says
    SIGN_IN: {"username": "{{username}}", "password": "{{password}}"},
    "/api-token-refresh/": {"refresh": "{{refresh}}"},
    "/api-token-verify/": {"token": "{{token}}"},
    LOGIN: {"username": "{{resident}}"},
    LOGOUT: {"refresh": "{{resident_refresh}}"},
    "/api/rest-auth/password/reset/": {"email": "{{resident_email}}"},
    "/api/rest-auth/registration/resend-email/": {"email": "{{resident_email}}"},
}
PAIR = {"token": "access", "refresh": "refresh"}
OWN_PAIR = {"resident_token": "access", "resident_refresh": "refresh"}
OWN_NAME = {"resident": "user.username", "resident_email": "user.email", "user_id": "user.id"}
KEPT: dict[str, dict[str, str]] = {  # variables from an answer
    SIGN_IN: PAIR,
    "/api-token-refresh/": PAIR,
    REGISTER: OWN_PAIR | OWN_NAME,
    LOGIN: OWN_PAIR,
    PASSWORD: OWN_PAIR,
    OFFICERS: {"officer_token": "token"},
}
SENT_WITH = {INFRACTIONS: "officer_token"}  # the token of what is posted here
ASKED = {f"{INFRACTIONS}report/": {"email": "ann-{{run}}@example.org"}}  # query parameters that there is no default of
MAILED = {  # what these take comes by mail alone
    "/api/rest-auth/registration/verify-email/": "400",
    "/api/rest-auth/password/reset/confirm/": "400",
}


@dataclass(frozen=True)
class Operation:
    path: str
    method: str
    spec: dict[str, Any]
    parameters: list[dict[str, Any]]

    @property
    def collection(self) -> str:
        """`/api/v3/books/` for all paths of books."""
        return self.path.partition("{")[0]

    @property
    def status(self) -> str:
        return MAILED.get(self.path) or min(self.spec["responses"])

    def at(self, place: str) -> list[dict[str, Any]]:
        return [parameter for parameter in self.parameters if parameter["in"] == place]

    def place(self) -> tuple:
        """Each collection: create, read and change, what hangs on one, delete."""
        order = ORDER.index(self.collection) if self.collection in ORDER else len(ORDER)
        method, hanging = METHODS.index(self.method), not re.fullmatch(r"[^{]*({\w+}/)?", self.path)
        rank = 2 if hanging else {"POST": 0, "DELETE": 3}.get(self.method, 1)
        return order, self.collection, rank, self.path if hanging else "", method, self.path


def collection() -> dict[str, Any]:
    """The whole, as Postman imports it."""
    return Writer(schema()).collection()


def schema() -> dict[str, Any]:
    return json.loads(json.dumps(Generator(INFO).get_schema(public=True).as_dict()))


class Writer:
    def __init__(self, spec: dict[str, Any]) -> None:
        self.definitions = spec["definitions"]
        self.operations = sorted(operations(spec), key=Operation.place)
        self.there = {(operation.path, operation.method) for operation in self.operations}
        self.ids = {name for operation in self.operations for name in re.findall(r"{(\w+)}", operation.path)}

    def collection(self) -> dict[str, Any]:
        tags = {operation.spec["tags"][0] for operation in self.operations}
        return {
            "info": {
                "name": "Townhall",
                "description": "Made from the schema by `manage.py postman_collection`. Set `password` and run all.",
                "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            },
            "item": [
                {"name": tag, "item": list(self.folder(tag))} for tag in sorted(tags, key=settings.INSTALLED_APPS.index)
            ],
            "auth": bearer("token"),
            "variable": [{"key": key, "value": value} for key, value in VARIABLES.items()],
        }

    def folder(self, tag: str) -> Iterator[dict[str, Any]]:
        for operation in self.operations:
            if operation.spec["tags"] == [tag]:
                yield self.item(operation)
                if operation.place()[2] == 3:  # deleted: whoever needs one later finds another
                    yield from self.again(operation.collection)

    def again(self, path: str) -> Iterator[dict[str, Any]]:
        for operation in self.operations:
            if (operation.path, operation.method) == (path, "POST"):
                item = self.item(operation)
                yield item | {"name": f"{item['name']}, for what follows"}

    def item(self, operation: Operation) -> dict[str, Any]:
        events = [event("test", self.tests(operation))]
        if operation.path == SIGN_IN:
            events.append(event("prerequest", ['pm.collectionVariables.set("run", Date.now().toString(36));']))
        request: dict[str, Any] = {
            "method": operation.method,
            "description": operation.spec.get("description", ""),
            "header": [],
            "url": url(operation),
        }
        if operation.spec.get("security") == []:
            request["auth"] = {"type": "noauth"}
        elif operation.path.startswith(OWN):
            request["auth"] = bearer("resident_token")
        elif operation.method == "POST" and operation.path in SENT_WITH:
            request["auth"] = bearer(SENT_WITH[operation.path])
        if operation.at("body"):
            request["header"] = [{"key": "Content-Type", "value": "application/json"}]
            request["body"] = {"mode": "raw", "raw": self.body(operation), "options": {"raw": {"language": "json"}}}
        if operation.at("formData"):
            form = [{"key": one["name"], "type": "file", "src": COVER} for one in operation.at("formData")]
            request["body"] = {"mode": "formdata", "formdata": form}
        return {"name": operation.spec["summary"], "event": events, "request": request}

    def tests(self, operation: Operation) -> Iterator[str]:
        reason = " without what comes by mail" if operation.path in MAILED else ""
        yield f'pm.test("{operation.status}{reason}", () => pm.response.to.have.status({operation.status}));'
        kept = KEPT.get(operation.path, {}) if operation.method == "POST" else {}
        for variable, source in kept.items():
            yield f'pm.collectionVariables.set("{variable}", pm.response.json().{source});'
        for name in self.ids:
            if operation.method == "POST" and (f"{operation.path}{{{name}}}/", "GET") in self.there:
                yield "const made = pm.response.json();"
                yield f'pm.collectionVariables.set("{name}", String(made.id ?? made.ref).split("/").pop());'

    def body(self, operation: Operation) -> str:
        value = self.example(operation.at("body")[0]["schema"])
        if (operation.collection, "POST") in self.there:
            value = unique(value, "-{{run}}" + self.branch(operation))
        value = self.with_ids(value)
        if operation.path in BODIES:
            value |= BODIES[operation.path]
        return re.sub(r'"<(\w+)>"', r"{{\1}}", json.dumps(value, indent=2, ensure_ascii=False))

    def branch(self, operation: Operation) -> str:
        """What tells the rows of `/devices/bulk/` from that of `/devices/`."""
        parent, _, name = operation.collection.rstrip("/").rpartition("/")
        return f"-{name}" if (f"{parent}/", "POST") in self.there else ""

    def example(self, schema: dict[str, Any]) -> Any:
        """The example of a schema, or one made up from its types; without what is read only."""
        schema = self.definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if schema.get("type") == "array":
            return schema.get("example") or [self.example(schema["items"])]
        fields = {name: field for name, field in schema.get("properties", {}).items() if not field.get("readOnly")}
        if "example" in schema:
            given = schema["example"]
            return {name: given[name] for name in fields if name in given} if fields else given
        if fields:
            return {name: self.example(field) for name, field in fields.items()}
        return schema.get(
            "default", schema.get("enum", [{"integer": 1, "number": 1, "boolean": True}.get(schema["type"], "text")])[0]
        )

    def with_ids(self, value: Any) -> Any:
        """`"user": 2` becomes the user of this run."""
        if isinstance(value, list):
            return [self.with_ids(one) for one in value]
        if not isinstance(value, dict):
            return value
        ids = {name: f"{ROLES.get(name, name)}_id" for name, one in value.items() if isinstance(one, int)}
        return {
            name: f"<{ids[name]}>" if ids.get(name) in self.ids else self.with_ids(one) for name, one in value.items()
        }


def operations(spec: dict[str, Any]) -> Iterator[Operation]:
    for path, entry in spec["paths"].items():
        for method, operation in entry.items():
            if method != "parameters":
                yield Operation(path, method.upper(), operation, operation["parameters"] + entry.get("parameters", []))


def unique(value: Any, ending: str) -> Any:
    """The same with an ending on whatever must be new."""
    if isinstance(value, list):
        return [unique(one, ending) for one in value]
    return {
        name: re.sub("(?=@)|$", ending, one, count=1) if name in UNIQUE and isinstance(one, str) else one
        for name, one in value.items()
    }


def url(operation: Operation) -> dict[str, Any]:
    path = re.sub(r"{(\w+)}", r"{{\1}}", operation.path)
    query = [
        {
            "key": one["name"],
            "value": ASKED.get(operation.path, {}).get(one["name"])
            or str(one.get("default", one.get("enum", [""])[0])),
            "description": one.get("description", ""),
            "disabled": not one.get("required"),
        }
        for one in operation.at("query")
    ]
    sent = "&".join(f"{one['key']}={one['value']}" for one in query if not one["disabled"])
    raw = "{{baseUrl}}" + path + (f"?{sent}" if sent else "")
    return {"raw": raw, "host": ["{{baseUrl}}"], "path": path[1:].split("/"), "query": query}


def bearer(variable: str) -> dict[str, Any]:
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}]}


def event(listen: str, lines: Iterable[str]) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": list(lines)}}
