"""No input, however odd, gets a 500: every body, field, parameter, header and path of every route."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import Client, tag

from common.pagination import Keyset
from common.paths import is_api
from common.wsgi import Handler
from project.tests.api.hostile import (
    ACCEPTS,
    ARGUMENTS,
    BODIES,
    CONTENT_TYPES,
    COOKIES,
    END,
    EVERYTHING,
    FORMS,
    HEADERS,
    IDS,
    NO_INTEGER_ARGUMENT,
    NO_JSON,
    body_with,
    kind,
    part,
    plausible,
    wrong_for,
)
from project.tests.api.routes import PARAMETER, Route, RoutesTestCase, current_routes
from project.tests.sampling import STEP, TRIES_EVERYTHING, some_of

FORM = part("form-data; name=image; filename=a") + END


class HostileTestCase(RoutesTestCase):
    """Fails on what the log would show as a failure of ours, beside the status: a traceback, or a value that no
    serializer stopped before the database did."""

    schema: dict[str, Any]
    read: set[str]  # what reads all hostile values: a kind of field or of body, or a parameter

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.read = set()

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # setUpTestData would copy the document for each test
        cls.schema = Client().get("/swagger.json").json()

    def setUp(self) -> None:
        quiet = self.enterContext(ExitStack())
        for logger in ("django.request", "common.api.handlers", "accounts"):
            quiet.enter_context(self.assertNoLogs(logger, "ERROR"))

    def operation(self, route: Route, method: str) -> dict[str, Any]:
        """Returns the operation of a route in the schema, without parameters if the route is an alias."""
        path = PARAMETER.sub(r"{\1}", route.template)
        return self.schema["paths"].get(path, {}).get(method.lower(), {"parameters": []})

    def fields(self, route: Route, method: str) -> dict[str, Any]:
        """Returns the writable fields of a body with their types."""
        for parameter in self.operation(route, method)["parameters"]:
            if parameter["in"] == "body" and "$ref" in parameter["schema"]:
                name = parameter["schema"]["$ref"].rsplit("/", 1)[1]
                properties = self.schema["definitions"][name]["properties"]
                return {name: field for name, field in properties.items() if not field.get("readOnly")}
        return {}

    def some_of(self, values: list[str], read_by: set[str], call: str) -> list[str]:
        """Returns all values if one of these reads for the first time, otherwise some: the reading is the same."""
        is_first = not read_by <= self.read
        self.read.update(read_by)
        return values if is_first else some_of(values, call)

    def writing(self) -> list[tuple[Route, str]]:
        calls = ((route, method) for route in current_routes() if route.takes_json for method in route.writing)
        return some_of(calls, self.id())


class HostileBodyTests(HostileTestCase):
    def test_every_value_in_all_fields_at_once(self) -> None:
        """The answer names each field that the value does not fit."""
        for route, method in self.writing():
            fields = self.fields(route, method)
            kinds = {kind(schema) for schema in fields.values()}
            for raw in self.some_of(EVERYTHING, kinds | {"no field"}, f"{method} {route}"):
                with self.subTest(method=method, route=str(route), value=raw[:60]):
                    body = "{" + ", ".join(f"{json.dumps(name)}: {raw}" for name in (*fields, "unknown")) + "}"
                    response = self.send(method, route.path, body, by=self.admin)
                    answer = self.assert_json(response)
                    if raw in NO_JSON:
                        self.assertEqual((response.status_code, list(answer)), (400, ["detail"]))
                    elif misfits := {name for name, schema in fields.items() if raw in wrong_for(schema)}:
                        self.assertEqual(response.status_code, 400, response.content[:200])
                        self.assertLessEqual(misfits, set(answer))

    def test_every_value_that_may_fit_in_each_field(self) -> None:
        """The other fields are plausible, so that the value gets as far as possible."""
        for route, method in self.writing():
            # PUT takes its fields as PATCH does; what it does with all of them is in the test above.
            fields = {} if method == "PUT" and "PATCH" in route.methods else self.fields(route, method)
            for name, schema in fields.items():
                for raw in self.some_of(EVERYTHING, {kind(schema)}, f"{method} {route} {name}"):
                    if raw not in wrong_for(schema) and raw not in NO_JSON:
                        with self.subTest(method=method, route=str(route), field=name, value=raw[:60]):
                            body = body_with(fields, name, raw)
                            self.assert_json(self.send(method, route.path, body, by=self.admin))

    def test_bodies_that_are_no_objects(self) -> None:
        for route, method in self.writing():
            takes_nothing = not self.fields(route, method)
            reader = f"{type(route.view).__base__} {takes_nothing}"  # views of one base class read a body alike
            for body in self.some_of(BODIES, {reader}, f"{method} {route}"):
                with self.subTest(method=method, route=str(route), body=body[:60]):
                    response = self.send(method, route.path, body, by=self.admin)
                    self.assert_json(response)
                    is_object = body.startswith("{") or not body
                    if not (is_object or takes_nothing or "swagger_schema" in vars(route.view)):
                        self.assertEqual(response.status_code, 400, response.content[:200])

    def test_all_bad_fields_are_named_at_once(self) -> None:
        for route, method in self.writing():
            fields = self.fields(route, method)
            if fields:
                with self.subTest(method=method, route=str(route)):
                    body = json.dumps({name: {"no": ["value"]} for name in fields})
                    answer = self.assert_json(self.send(method, route.path, body, by=self.admin), 400)
                    self.assertEqual(set(answer), set(fields))

    def test_repeated_and_unknown_fields(self) -> None:
        for route, method in self.writing():
            fields = self.fields(route, method)
            doubled = "".join(f"{json.dumps(name)}: [1], " for name in fields)
            for name, schema in fields.items():
                with self.subTest(method=method, route=str(route), field=name):
                    body = "{" + doubled + body_with(fields, name, json.dumps(plausible(schema)))[1:]
                    self.assert_json(self.send(method, route.path, body, by=self.admin))

    @tag("slow")
    def test_forms(self) -> None:
        for route in current_routes():
            for method in route.writing:
                if not route.takes_json:
                    for number, form in enumerate(FORMS):
                        with self.subTest(method=method, route=str(route), number=number):
                            boundary = "multipart/form-data; boundary=x"
                            response = self.send(method, route.path, form, by=self.admin, content_type=boundary)
                            self.assert_json(response)
                            if method != "DELETE":
                                self.assertIn(response.status_code, (400, 413))


class HostileQueryTests(HostileTestCase):
    def lists(self) -> Iterator[tuple[Route, dict[str, Any]]]:
        for route in current_routes():
            if "GET" in route.methods:
                parameters = [p for p in self.operation(route, "GET")["parameters"] if p["in"] == "query"]
                if parameters:
                    yield route, {parameter["name"]: parameter for parameter in parameters}

    def needed(self, parameters: dict[str, Any]) -> str:
        """Returns the parameters that the others need. If a parameter is given twice, the last one counts."""
        return "".join(
            f"{name}={plausible(parameter)}&" for name, parameter in parameters.items() if parameter["required"]
        )

    def test_every_parameter_with_every_value(self) -> None:
        for route, parameters in some_of(self.lists(), self.id()):
            for name, schema in [*parameters.items(), ("unknown", {"type": "junk"})]:
                # The page and the cursor are read alike by all lists, and so are filters of one kind.
                read_by = name if name in ("page_size", "cursor", "unknown") else kind(schema)
                for value in self.some_of(ARGUMENTS, {read_by}, f"{route} {name}"):
                    with self.subTest(route=str(route), parameter=name, value=value[:60]):
                        url = f"{route.path}?{self.needed(parameters)}{name}={value.replace('{name}', name)}"
                        response = self.send("GET", url, by=self.admin)
                        answer = self.assert_json(response, 200, 400)
                        if response.status_code == 400:
                            self.assertEqual(list(answer), [name])
                        elif schema["type"] == "integer":
                            self.assertNotIn(value, NO_INTEGER_ARGUMENT)
                        elif schema["type"] == "boolean":
                            self.assertEqual(value, "0")
                        else:
                            self.assertNotIn("enum", schema)

    def test_all_bad_parameters_are_named_at_once(self) -> None:
        for route, parameters in self.lists():
            with self.subTest(route=str(route)):
                url = f"{route.path}?" + "&".join(f"{name}=%00" for name in parameters)
                answer = self.assert_json(self.send("GET", url, by=self.admin), 400)
                self.assertEqual(set(answer), set(parameters))

    def test_an_invented_cursor_is_refused(self) -> None:
        cursors = {route: self.cursor(route.view.keyset) for route, _ in self.lists() if route.is_list}
        self.assertGreater(len(cursors), 3)
        for route, cursor in some_of(cursors.items(), self.id()):
            self.assert_json(self.send("GET", f"{route.path}?cursor={cursor}", by=self.admin), 200)
            foreign = {other for list_, other in cursors.items() if list_.view.keyset.salt != route.view.keyset.salt}
            middle = len(cursor) // 2
            changed = {cursor[:middle], cursor + "A", cursor[::-1], cursor[:middle] + "~" + cursor[middle:], "W10", ":"}
            changed |= {
                cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in (0, 3)
            }
            changed |= {cursor.upper(), cursor.split(":")[0], ":" + cursor.split(":")[1], f"{cursor}:{cursor}"}
            for made_up in foreign | changed:
                with self.subTest(route=str(route), cursor=made_up):
                    answer = self.assert_json(self.send("GET", f"{route.path}?cursor={made_up}", by=self.admin), 400)
                    self.assertEqual(list(answer), ["cursor"])

    def cursor(self, keyset: Keyset) -> str:
        return keyset.cursor(keyset.model._default_manager.all()[0], forward=True)


class HostileHeaderTests(HostileTestCase):
    def kinds(self, *aspects: str) -> list[Route]:
        """Returns one route for each combination of these attributes of its view; the others behave the same."""
        found = {str([getattr(route.view, aspect) for aspect in aspects]): route for route in current_routes()}
        return list(found.values())

    def test_credentials(self) -> None:
        for route in self.kinds("authentication_classes", "public_methods"):
            for value in HEADERS:
                with self.subTest(route=str(route), value=value[:60]):
                    response = self.send(route.methods[0], route.path, "{}", authorization=value)
                    self.assert_json(response)
                    if route.methods[0] not in route.view.public_methods:
                        self.assertEqual(response.status_code, 401)

    def test_cookies(self) -> None:
        for route in self.kinds("authentication_classes", "public_methods"):
            for value in COOKIES:
                with self.subTest(route=str(route), value=value[:60]):
                    self.assert_json(self.send(route.methods[0], route.path, "{}", cookie=value))

    def test_hostile_accept_headers_are_answered(self) -> None:
        for route in self.kinds("renderer_classes", "content_negotiation_class", "public_methods"):
            for value in ACCEPTS:
                with self.subTest(route=str(route), value=value[:60]):
                    response = self.send(route.methods[0], route.path, "{}", by=self.admin, accept=value)
                    self.assertNotEqual(self.assert_json(response), None)

    def test_content_types(self) -> None:
        """Uses the request class of the application instead of that of Django's test client."""
        self.enterContext(patch("django.test.client.WSGIRequest", Handler.request_class))
        for route in self.kinds("parser_classes", "public_methods"):
            for method in (route.methods[0], route.methods[-1]):
                for value in some_of(CONTENT_TYPES, f"{method} {route}"):
                    with self.subTest(route=str(route), method=method, value=value[:60]):
                        url = route.path + "?page_size=1"
                        self.assert_json(self.send(method, url, FORM, by=self.admin, content_type=value))


class HostilePathTests(HostileTestCase):
    def test_malformed_ids_are_answered(self) -> None:
        for route in current_routes():
            for name in route.filled:
                for number, value in enumerate(some_of(IDS, route)):
                    with self.subTest(route=str(route), name=name, value=value[:60]):
                        path = route.path_with(**{**route.filled, name: value})
                        # The path is read before the method, so that a few ids are enough for the other methods.
                        for method in route.methods[: None if TRIES_EVERYTHING or number % STEP == 0 else 1]:
                            content_type = "application/json" if route.takes_json else "multipart/form-data; boundary=x"
                            body = "{}" if route.takes_json else FORM
                            response = self.send(method, path, body, by=self.admin, content_type=content_type)
                            self.assert_json(response, 404)
                            self.assertNotIn(b"matches the given query", response.content)

    def test_paths_that_are_almost_routes_are_answered(self) -> None:
        for route in current_routes():
            for more in some_of(("/", "x/", "%00/", ".json", "/../", "%2F", ";a=1", "%0A"), route):
                with self.subTest(route=str(route), more=more):
                    path = route.path + more if more != ".json" else route.path.rstrip("/") + more
                    response = self.send("GET", path, by=self.admin)
                    self.assertIn(response.status_code, (404, 405))  # an id of a sign-in may be any text
                    if is_api(path):
                        self.assert_json(response, 404, 405)

    def test_very_many_parameters_are_answered(self) -> None:
        url = "/api/v3/books/?" + "&".join(
            f"a{number}=1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)
        )
        self.assert_json(self.send("GET", url), 400)
