"""Creates a Postman collection (v2.1) of all operations in the schema, in an order in which all of them succeed.

Request bodies are the examples in the schema, with ids from earlier responses. A POST that creates a resource with a
path of its own, such as `/books/{book_id}/`, stores the new id in the collection variable `book_id`.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from common.api.schema import INFO, TAGS, Generator

VARIABLES = {"sign_in_id": "none", "comment_id": "none", "hold_id": "0", "baseUrl": "http://127.0.0.1:8000"}
VARIABLES |= {"username": "admin", "password": "", "token": ""}
SIGN_IN, REGISTER = "/api-token-auth/", "/api/rest-auth/registration/"
LOGIN, LOGOUT, PASSWORD = "/api/rest-auth/login/", "/api/rest-auth/logout/", "/api/rest-auth/password/change/"
OWN_ACCOUNT = "/api/rest-auth/"  # called as the resident who registers, so that the admin's account does not change
OWN_FOLDER = "own account"
OFFICERS, INFRACTIONS = "/api/v3/officers/", "/api/v3/infractions/"
ORDER = [SIGN_IN, REGISTER, LOGIN, "/api/rest-auth/user/", "/api/rest-auth/email/", PASSWORD]
ORDER += ["/api/rest-auth/sessions/", "/api/rest-auth/export/", "/api/rest-auth/close/", LOGOUT]
ORDER += ["/api/v3/persons/", "/api/v3/vehicles/", OFFICERS, INFRACTIONS]  # all others follow
METHODS = ["POST", "GET", "PUT", "PATCH", "DELETE"]
COVER = "docs/cover.png"

# Fields that get a unique value in each run, if the request creates something.
UNIQUE_FIELDS = {"username", "email", "id", "name", "serial", "license_plate", "badge_number"}
REFERENCES = {"owner": "person"}  # fields that hold the id of a resource with another name
BODY_VALUES: dict[str, dict[str, str]] = {  # replace values of the example
    "/api/v3/books/": {"isbn": ""},  # unique, and the collection runs more than once
    "/api/v3/books/{book_id}/": {"isbn": ""},
    "/api/v3/officers/{officer_id}/token/": {"password": "{{password}}"},
    SIGN_IN: {"username": "{{username}}", "password": "{{password}}"},
    "/api-token-refresh/": {"refresh": "{{refresh}}"},
    "/api-token-verify/": {"token": "{{token}}"},
    LOGIN: {"username": "{{resident}}"},
    LOGOUT: {"refresh": "{{resident_refresh}}"},
    "/api/rest-auth/password/reset/": {"email": "{{resident_email}}"},
    "/api/rest-auth/registration/resend-email/": {"email": "{{resident_email}}"},
}
TOKEN_PAIR = {"token": "access", "refresh": "refresh"}
RESIDENT_TOKENS = {"resident_token": "access", "resident_refresh": "refresh"}
RESIDENT_ACCOUNT = {"resident": "user.username", "resident_email": "user.email", "user_id": "user.id"}
RESPONSE_VARIABLES: dict[str, dict[str, str]] = {  # variables that are set from a response
    SIGN_IN: TOKEN_PAIR,
    "/api-token-refresh/": TOKEN_PAIR,
    REGISTER: RESIDENT_TOKENS | RESIDENT_ACCOUNT,
    LOGIN: RESIDENT_TOKENS,
    PASSWORD: RESIDENT_TOKENS,
    OFFICERS: {"officer_token": "token"},
}
POST_TOKENS = {INFRACTIONS: "officer_token"}  # variables with the token for a POST
QUERY_VALUES = {f"{INFRACTIONS}report/": {"email": "ann-{{run}}@example.org"}}  # query parameters without a default
# These operations need what the collection does not have: a value from a mail, another sign-in, the first password, the
# owner's account, a comment whose question is not deleted, or a book whose copies are all out. The keys are paths, or a
# method and a path.
REFUSED = {
    "/api/rest-auth/registration/verify-email/": "400",
    "/api/rest-auth/password/reset/confirm/": "400",
    "/api/rest-auth/sessions/{sign_in_id}/": "404",
    "/api/rest-auth/close/": "400",
    f"{INFRACTIONS}{{infraction_id}}/objection/": "403",
    f"{INFRACTIONS}{{infraction_id}}/objection/answer/": "404",
    "/api/v3/comments/{comment_id}/": "404",
    "/api/v3/comments/{comment_id}/hide/": "404",
    "POST /api/v3/holds/": "409",
    "/api/v3/holds/{hold_id}/": "404",
}


@dataclass(frozen=True)
class Operation:
    path: str
    method: str
    spec: dict[str, Any]
    parameters: list[dict[str, Any]]

    @property
    def collection(self) -> str:
        """The path of the collection, such as `/api/v3/books/` for all paths of books."""
        return self.path.partition("{")[0]

    @property
    def folder(self) -> str:
        """The group of the operation. Calls about one's own account run in an order that their groups would break."""
        is_own = self.path.startswith((OWN_ACCOUNT, "/api-token-"))
        return OWN_FOLDER if is_own else str(self.spec["tags"][0])

    @property
    def status(self) -> str:
        return self.refusal or min(self.spec["responses"])

    @property
    def refusal(self) -> str | None:
        return REFUSED.get(self.path) or REFUSED.get(f"{self.method} {self.path}")

    def parameters_in(self, location: str) -> list[dict[str, Any]]:
        return [parameter for parameter in self.parameters if parameter["in"] == location]

    def sort_key(self) -> tuple[Any, ...]:
        """Orders the operations of a collection: create, read and change, those on sub-resources, delete."""
        order = ORDER.index(self.collection) if self.collection in ORDER else len(ORDER)
        method, is_nested = METHODS.index(self.method), not re.fullmatch(r"[^{]*({\w+}/)?", self.path)
        rank = 2 if is_nested else {"POST": 0, "DELETE": 3}.get(self.method, 1)
        return order, self.collection, rank, self.path if is_nested else "", method, self.path


def text() -> str:
    """Returns the collection as Postman imports it, in a JSON file with one line for each request."""
    compact = json.dumps(Writer(schema()).collection(), ensure_ascii=False, separators=(",", ":"))
    return compact.replace('{"name":', '\n{"name":') + "\n"


def schema() -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(Generator(INFO).get_schema(public=True).as_dict()))
    return plain


class Writer:
    def __init__(self, spec: dict[str, Any]) -> None:
        self.definitions = spec["definitions"]
        operations = [
            Operation(path, method.upper(), operation, operation["parameters"] + entry.get("parameters", []))
            for path, entry in spec["paths"].items()
            for method, operation in entry.items()
            if method != "parameters"
        ]
        self.operations = sorted(operations, key=Operation.sort_key)
        self.by_key = {(operation.path, operation.method): operation for operation in self.operations}
        self.ids = {name for operation in self.operations for name in re.findall(r"{(\w+)}", operation.path)}

    def collection(self) -> dict[str, Any]:
        folders = dict.fromkeys([OWN_FOLDER, *TAGS.values()])
        return {
            "info": {
                "name": "Townhall",
                "description": "Generated by `manage.py postman_collection`. Set `password`, then run all requests.",
                "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            },
            "item": [{"name": folder, "item": items} for folder in folders if (items := list(self.items(folder)))],
            "auth": bearer("token"),
            "variable": [{"key": key, "value": value} for key, value in VARIABLES.items()],
        }

    def items(self, folder: str) -> Iterator[dict[str, Any]]:
        for operation in self.operations:
            if operation.folder == folder:
                yield self.item(operation)
                post = self.by_key.get((operation.collection, "POST"))
                if post and operation.sort_key()[2] == 3:  # later requests need a resource that still exists
                    yield self.item(post) | {"name": f"{post.spec['summary']}, again for later requests"}

    def item(self, operation: Operation) -> dict[str, Any]:
        events = [event("test", self.tests(operation))]
        if operation.path == SIGN_IN:
            events.append(event("prerequest", ['pm.collectionVariables.set("run", Date.now().toString(36));']))
        description = operation.spec.get("description", "")
        request = {"method": operation.method, "description": description, "header": [], "url": url(operation)}
        if operation.spec.get("security") == []:
            request["auth"] = {"type": "noauth"}
        elif operation.path.startswith(OWN_ACCOUNT):
            request["auth"] = bearer("resident_token")
        elif operation.method == "POST" and operation.path in POST_TOKENS:
            request["auth"] = bearer(POST_TOKENS[operation.path])
        if operation.parameters_in("body"):
            request["header"] = [{"key": "Content-Type", "value": "application/json"}]
            request["body"] = {"mode": "raw", "raw": self.body(operation), "options": {"raw": {"language": "json"}}}
        if files := operation.parameters_in("formData"):
            form = [{"key": one["name"], "type": "file", "src": COVER} for one in files]
            request["body"] = {"mode": "formdata", "formdata": form}
        return {"name": operation.spec["summary"], "event": events, "request": request}

    def tests(self, operation: Operation) -> Iterator[str]:
        reason = " without the right value" if operation.refusal else ""
        yield f'pm.test("{operation.status}{reason}", () => pm.response.to.have.status({operation.status}));'
        variables = RESPONSE_VARIABLES.get(operation.path, {}) if operation.method == "POST" else {}
        for variable, source in variables.items():
            yield f'pm.collectionVariables.set("{variable}", pm.response.json().{source});'
        for name in self.ids:
            if operation.method == "POST" and (f"{operation.path}{{{name}}}/", "GET") in self.by_key:
                yield "const created = pm.response.json();"
                yield f'pm.collectionVariables.set("{name}", String(created.id ?? created.ref).split("/").pop());'

    def body(self, operation: Operation) -> str:
        ending = ""
        if (operation.collection, "POST") in self.by_key:  # a bulk request must not repeat a value of a single one
            ending = "-{{run}}-bulk" if operation.path.endswith("/bulk/") else "-{{run}}"
        value = self.filled(self.example(operation.parameters_in("body")[0]["schema"]), ending)
        if operation.path in BODY_VALUES:
            value |= BODY_VALUES[operation.path]
        return re.sub(r'"<(\w+)>"', r"{{\1}}", json.dumps(value, indent=2, ensure_ascii=False))

    def example(self, schema: dict[str, Any]) -> Any:
        """Returns the example of a schema, or one built from its types, without read-only fields."""
        schema = self.definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if schema.get("type") == "array":
            return schema.get("example") or [self.example(schema["items"])]
        fields = {name: field for name, field in schema.get("properties", {}).items() if not field.get("readOnly")}
        if "example" in schema:
            given = schema["example"]
            return {name: given[name] for name in fields if name in given} if fields else given
        if fields:
            return {name: self.example(field) for name, field in fields.items()}
        by_type = {"integer": 1, "number": 1, "boolean": True}.get(schema["type"], "text")
        return schema.get("default", schema.get("enum", [by_type])[0])

    def filled(self, value: Any, ending: str, field: str = "") -> Any:
        """Replaces ids by placeholders (`"user": 2` by `"user": "<user_id>"`) and makes UNIQUE_FIELDS unique."""
        if isinstance(value, list):
            return [self.filled(one, ending) for one in value]
        if isinstance(value, dict):
            return {name: self.filled(one, ending, name) for name, one in value.items()}
        if isinstance(value, str):
            return re.sub("(?=@)|$", ending, value, count=1) if field in UNIQUE_FIELDS else value
        variable = f"{REFERENCES.get(field, field)}_id"
        return f"<{variable}>" if isinstance(value, int) and variable in self.ids else value


def url(operation: Operation) -> dict[str, Any]:
    path = re.sub(r"{(\w+)}", r"{{\1}}", operation.path)
    values = QUERY_VALUES.get(operation.path, {})
    query = [
        {
            "key": one["name"],
            "value": values.get(one["name"], str(one.get("default", one.get("enum", [""])[0]))),
            "description": one.get("description", ""),
            "disabled": not one.get("required"),
        }
        for one in operation.parameters_in("query")
    ]
    sent = "&".join(f"{one['key']}={one['value']}" for one in query if not one["disabled"])
    raw = "{{baseUrl}}" + path + (f"?{sent}" if sent else "")
    return {"raw": raw, "host": ["{{baseUrl}}"], "path": path[1:].split("/"), "query": query}


def bearer(variable: str) -> dict[str, Any]:
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}]}


def event(listen: str, lines: Iterable[str]) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": list(lines)}}
