"""The schema describes every route correctly, and is the same for every user."""

import json
import logging
import re
import warnings
from copy import deepcopy
from typing import Any

import yaml
from django.contrib.staticfiles import finders
from django.test import Client, tag
from django.urls import Resolver404, resolve
from swagger_spec_validator.validator20 import validate_spec

from accounts.tests.cast import PASSWORD
from project.tests.api.routes import Route, RoutesTestCase, current_routes
from project.tests.sampling import some_of

ASSET = re.compile(r"""<(?:script|link|img)\b[^>]*(?:src|href)=["']([^"']+)["']""")
DOCS = ("/swagger/", "/redoc/", "/swagger.json", "/swagger.yaml", "/openapi.json")


class SchemaTests(RoutesTestCase):
    schema: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # setUpTestData would copy the document for each test
        cls.schema = Client().get("/swagger.json").json()

    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        return {
            (method.upper(), path): operation | {"parameters": operation["parameters"] + entry.get("parameters", [])}
            for path, entry in self.schema["paths"].items()
            for method, operation in entry.items()
            if method != "parameters"
        }

    def documented(self) -> dict[tuple[str, str], Route]:
        """Returns the routes that must be in the schema. A view with `swagger_schema = None` is an alias."""
        return {
            (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.template)): route
            for route in current_routes()
            if route.view.swagger_schema is not None
            for method in route.methods
            if method != "HEAD"
        }

    def test_it_is_valid_swagger(self) -> None:
        validate_spec(deepcopy(self.schema))  # it adds scopes to what it is given
        self.assertEqual(self.schema["swagger"], "2.0")

    @tag("slow")
    def test_json_and_yaml_are_the_same(self) -> None:
        answer = Client().get("/swagger.yaml")
        self.assertEqual(yaml.safe_load(answer.content), self.schema)

    def test_the_schema_is_made_without_a_warning(self) -> None:
        with self.assertNoLogs("drf_yasg", logging.WARNING), warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual(Client().get("/swagger.json").status_code, 200)

    def test_every_route_is_in_it_once(self) -> None:
        self.assertEqual(set(self.operations()), set(self.documented()))
        names = [operation["operationId"] for operation in self.operations().values()]
        self.assertEqual(len(names), len(set(names)))
        for _, path in self.operations():
            self.assertRegex(path, r"^(/api/v3|/api/rest-auth|/api-token-|/scores/api/)")
            self.assertTrue(path.endswith("/"))

    def test_the_path_decides_the_format(self) -> None:
        beginnings = {"/openapi.json": b'{"openapi"', "/swagger.json": b'{"swagger"', "/swagger.yaml": b"swagger:"}
        for port, accept in enumerate(("application/yaml", "application/json"), start=8001):
            client = Client(headers={"host": f"localhost:{port}"})  # the schema is kept for each host
            for path, beginning in beginnings.items():
                with self.subTest(accept=accept, path=path):
                    response = client.get(path, headers={"accept": accept})
                    self.assertEqual(response.status_code, 200)
                    self.assertTrue(response.content.startswith(beginning), response.content[:20])
                    self.assertTrue(response["Content-Type"].startswith(f"application/{path[-4:].strip('.')}"))

    @tag("slow")
    def test_it_is_the_same_for_every_viewer(self) -> None:
        for user in (self.reader, self.librarian, self.admin):
            client = Client()
            client.force_login(user)
            self.assertEqual(client.get("/swagger.json").json(), self.schema)
            self.assertEqual(Client().get("/swagger.json", headers={"authorization": "Bearer x"}).json(), self.schema)
        for path in ("/swagger.json", "/swagger.yaml"):
            spanish = Client().get(path, headers={"accept-language": "es"})
            self.assertEqual(spanish.content, Client().get(path).content)
            self.assertEqual(spanish["Content-Language"], "en")
            self.assertNotIn("Nombre", spanish.content.decode())

    def test_every_operation_says_what_it_does_and_answers(self) -> None:
        for (method, path), operation in self.operations().items():
            with self.subTest(method=method, path=path):
                self.assertTrue(operation["summary"])
                self.assertEqual(len(operation["tags"]), 1)
                successes = {status: answer for status, answer in operation["responses"].items() if status < "300"}
                self.assertEqual(len(successes), 1)
                status, answer = successes.popitem()
                if status != "204" and path != "/api-token-verify/":
                    self.assertIn("schema", answer)

    def test_every_operation_names_its_errors(self) -> None:
        documented = self.documented()
        for (method, path), operation in self.operations().items():
            with self.subTest(method=method, path=path):
                route, given = documented[method, path], set(operation["responses"])
                wanted = set() if method in route.view.public_methods else {"401"}
                wanted |= {"403"} if route.needs_permission(method) else set()
                wanted |= {"404"} if "{" in path else set()
                places = {parameter["in"] for parameter in operation["parameters"]}
                wanted |= {"400"} if places & {"body", "query", "formData"} else set()
                wanted |= {"413", "415"} if places & {"body", "formData"} else set()
                wanted |= {"414"} if "query" in places else set()
                self.assertLessEqual(wanted, given)
                for status in given:
                    if status >= "400":
                        self.assertIn("schema", operation["responses"][status])
                        self.assertIn("application/json", operation["responses"][status]["examples"])

    def test_a_patch_may_leave_anything_out_and_a_post_may_not(self) -> None:
        required = {"PATCH": 0, "POST": 0}
        for (method, _), operation in self.operations().items():
            for body in (one["schema"] for one in operation["parameters"] if one["in"] == "body"):
                name = body.get("$ref", "").rpartition("/")[2]
                if method in required and name:
                    required[method] += len(self.schema["definitions"][name].get("required", []))
        self.assertEqual(required["PATCH"], 0)
        self.assertGreater(required["POST"], 20)

    def test_parameters_have_types(self) -> None:
        for (method, path), operation in self.operations().items():
            for parameter in operation["parameters"]:
                name = parameter["name"]
                with self.subTest(method=method, path=path, parameter=name):
                    if name == "page_size" or (parameter["in"] == "path" and name not in ("slug", "sign_in_id")):
                        self.assertEqual(parameter["type"], "integer")
                    if name in ("user", "book", "officer"):
                        self.assertEqual(parameter["type"], "integer")
                    if name in ("available", "overdue", "verified", "atomic"):
                        self.assertEqual(parameter["type"], "boolean")
                    if name in ("status", "book_type", "period"):
                        self.assertTrue(parameter["enum"])

    def test_ids_in_bodies_are_integers(self) -> None:
        for name, definition in self.schema["definitions"].items():
            for field in ("id", "ref", "user", "book", "owner", "recorded_by"):
                kind = definition.get("properties", {}).get(field)
                if (
                    kind is not None
                    and not {"$ref", "allOf"} & set(kind)
                    and not name.removeprefix("Partial").startswith(("Device", "SignIn"))
                ):
                    with self.subTest(definition=name, field=field):
                        self.assertEqual(kind["type"], "integer")

    def test_authorize_is_a_bearer_header(self) -> None:
        bearer = self.schema["securityDefinitions"]["Bearer"]
        self.assertEqual((bearer["type"], bearer["in"], bearer["name"]), ("apiKey", "header", "Authorization"))
        self.assertIn({"Bearer": []}, self.schema["security"])
        documented = self.documented()
        for (method, path), operation in self.operations().items():
            with self.subTest(method=method, path=path):
                public = method in documented[method, path].view.public_methods
                self.assertEqual(operation.get("security"), [] if public else None)


class DocsTests(RoutesTestCase):
    def test_the_pages_load_only_files_of_the_site(self) -> None:
        for path in ("/swagger/", "/redoc/"):
            html = Client().get(path).content.decode()
            assets = ASSET.findall(html)
            self.assertGreater(len(assets), 3)
            for asset in assets:
                with self.subTest(path=path, asset=asset):
                    self.assertTrue(asset.startswith("/static/"))
                    self.assertIsNotNone(finders.find(asset.removeprefix("/static/")))
            self.assertNotRegex(html, r"(?:https?:)?//[a-z]")

    def test_both_forms_for_every_method(self) -> None:
        for path in DOCS:
            for method in some_of(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"), path):
                with self.subTest(path=path, method=method):
                    with_slash, without = (
                        Client().generic(method, path.rstrip("/") + slash, "{}", "application/json")
                        for slash in ("/", "")
                    )
                    self.assertEqual(without.status_code, with_slash.status_code)
                    self.assertEqual(without.status_code, 200 if method in ("GET", "HEAD", "OPTIONS") else 405)

    def test_errors_are_json(self) -> None:
        for path in ("/swagger/x", "/swagger/x/", "/redoc/x", "/swagger.json/x", "/swagger.yaml/x/"):
            self.assert_json(Client().get(path), 404)
        for path in DOCS:
            for accept in ("text/html", "application/json", "application/xml", "*/*", "a/b;q*=hex''%41"):
                with self.subTest(path=path, accept=accept):
                    response = Client(raise_request_exception=False).post(path, headers={"accept": accept})
                    self.assert_json(response, 405)
                    self.assertIn("detail", json.loads(response.content))

    def test_the_pages_show_the_signed_in_user(self) -> None:
        for path in ("/swagger/", "/redoc/"):
            client = Client()
            self.assertContains(client.get(path), f'href="/accounts/login/?next={path}"')
            client.force_login(self.reader)
            signed_in = client.get(path)
            self.assertContains(signed_in, "Signed in as Rita Reader")
            self.assertNotContains(signed_in, "/accounts/login/")

    def test_a_signed_in_user_can_try_calls_without_a_token(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.get("/accounts/login/")
        form = {"username": "admin", "password": PASSWORD}
        client.post("/accounts/login/", form | {"csrfmiddlewaretoken": client.cookies["csrftoken"].value})
        html = client.get("/swagger/").content.decode()
        settings = json.loads(re.findall(r'id="swagger-settings"[^>]*>(.*?)</script>', html)[0])
        self.assertEqual(settings["csrfCookie"], "csrftoken")
        token = client.cookies["csrftoken"].value
        body, kind = '{"name": "Rita"}', "application/json"
        without = client.patch("/api/rest-auth/user/", body, kind)
        self.assert_json(without, 403)
        self.assert_json(client.patch("/api/rest-auth/user/", body, kind, headers={"x-csrftoken": token}), 200)

    def test_the_documentation_has_no_other_paths(self) -> None:
        for path in ("/swagger.xml", "/swagger.html", "/openapi.yaml"):
            with self.assertRaises(Resolver404):
                resolve(path)
