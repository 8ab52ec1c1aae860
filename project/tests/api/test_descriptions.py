"""The schema describes every operation, parameter and property, with examples that are as it says."""

from collections.abc import Iterator
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from project.tests.api.routes import RoutesTestCase, current_routes
from project.tests.api.test_openapi import QUERIES, template_of


class DescriptionTests(RoutesTestCase):
    document: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # setUpTestData would copy the document for each test
        cls.document = Client().get("/openapi.json").json()

    def operations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for path, entry in self.document["paths"].items():
            for method, operation in entry.items():
                if method != "parameters":
                    yield f"{method} {path}", operation

    def assert_described(self, thing: dict[str, Any]) -> None:
        """Checks that a description is a sentence, and more than the name of what it describes."""
        words = thing.get("description", "").lower().replace("`", "").rstrip(".").split()
        self.assertRegex(thing.get("description", ""), r"^\S.*[.]$")
        name = set(thing.get("title", thing.get("name", thing.get("summary", ""))).lower().split())
        self.assertTrue(set(words) - name - {"the", "a", "an", "of", "this"}, thing)

    def test_every_operation_has_a_description(self) -> None:
        for name, operation in self.operations():
            with self.subTest(operation=name):
                self.assert_described(operation)

    def test_every_parameter_has_a_description(self) -> None:
        shared = [(path, one) for path, entry in self.document["paths"].items() for one in entry.get("parameters", [])]
        own = [(name, one) for name, operation in self.operations() for one in operation["parameters"]]
        for name, parameter in [*shared, *own]:
            with self.subTest(operation=name, parameter=parameter["name"]):
                self.assert_described(parameter)

    def test_every_property_has_a_description(self) -> None:
        for name, schema in self.document["components"]["schemas"].items():
            for field, about in schema["properties"].items():
                with self.subTest(schema=name, field=field):
                    self.assert_described(about)
        for name, operation in self.operations():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for field, about in content["schema"].get("properties", {}).items():
                    with self.subTest(operation=name, field=field):
                        self.assert_described(about)

    def test_every_schema_has_an_example_that_is_as_it_says(self) -> None:
        for name, schema in self.document["components"]["schemas"].items():
            with self.subTest(schema=name):
                self.assertTrue(schema.get("examples"))
                for example in schema["examples"]:
                    self.assert_valid(example, schema)

    def test_the_examples_of_answers_are_as_the_schema_says(self) -> None:
        checked = 0
        for name, operation in self.operations():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {}).get("application/json", {})
                if "example" in content:
                    with self.subTest(operation=name, status=status):
                        self.assert_valid(content["example"], content["schema"])
                        checked += 1
        self.assertGreater(checked, 100)

    def test_the_example_of_an_answer_has_every_field(self) -> None:
        for name, schema in self.document["components"]["schemas"].items():
            if not any(part in name for part in ("Input", "RowErrors", "Refused")):  # which have one form of several
                with self.subTest(schema=name):
                    self.assertEqual(set(schema["examples"][0]), set(schema["properties"]))

    def test_the_headers_that_clients_act_on_are_described(self) -> None:
        def headers(method: str, path: str, status: str) -> set[str]:
            return set(self.document["paths"][path][method]["responses"][status].get("headers", {}))

        self.assertEqual(headers("get", "/api/v3/books/{book_id}/", "200"), {"ETag"})
        self.assertEqual(headers("patch", "/api/rest-auth/user/", "200"), {"ETag"})
        self.assertEqual(headers("get", "/api/v3/books/", "200"), set())
        self.assertEqual(headers("post", "/api/v3/questions/", "201"), {"Location"})
        self.assertEqual(headers("post", "/api-token-auth/", "429"), {"Retry-After"})

    def test_an_etag_is_sent_where_it_is_described(self) -> None:
        for route in current_routes():
            if "GET" in route.methods and route.view.swagger_schema is not None:
                with self.subTest(route=str(route)):
                    answers = self.document["paths"][template_of(route)]["get"]["responses"]
                    sent = self.send("GET", f"{route.path}?{QUERIES.get(route.path, '')}", by=self.admin)
                    self.assertEqual("ETag" in answers["200"].get("headers", {}), "ETag" in sent.headers)

    def assert_valid(self, value: Any, schema: dict[str, Any]) -> None:
        whole = schema | {"components": self.document["components"]}
        checker = Draft202012Validator(whole, format_checker=FormatChecker())
        self.assertEqual([error.message for error in checker.iter_errors(value)], [])

    def test_the_needed_permission_is_named(self) -> None:
        add = self.document["paths"]["/api/v3/books/"]["post"]
        self.assertIn("Needs the permission `books.add_book`.", add["description"])
        self.assertNotIn("permission", self.document["paths"]["/api/v3/books/"]["get"]["description"])
