"""The schema as OpenAPI 3.1, and the responses of every read, which must be as it says."""

import re
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator

from project.tests.api.routes import Route, RoutesTestCase, current_routes

# Where the example path needs more than the path.
QUERIES = {"/api/v3/infractions/report/": "email=example@example.org"}

# Fields of lists that only some callers see.
OPTIONAL = {"remarks"}


def template_of(route: Route) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.template)


class OpenApiTests(RoutesTestCase):
    document: dict[str, Any]
    swagger: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # setUpTestData would copy the document for each test
        cls.document = Client().get("/openapi.json").json()
        cls.swagger = Client().get("/swagger.json").json()

    def schema_of(self, route: Route) -> dict[str, Any]:
        answers = self.document["paths"][template_of(route)]["get"]["responses"]
        schema: dict[str, Any] = answers["200"]["content"]["application/json"]["schema"]
        return schema | {"components": self.document["components"]}

    def test_it_is_valid(self) -> None:
        self.assertEqual(self.document["openapi"], "3.1.0")
        Draft202012Validator.check_schema({"$defs": self.document["components"]["schemas"]})

    def test_it_has_the_operations_of_the_swagger_document(self) -> None:
        def operations(document: dict[str, Any]) -> set[tuple[str, str, str]]:
            return {
                (path, method, operation["operationId"])
                for path, entry in document["paths"].items()
                for method, operation in entry.items()
                if method != "parameters"
            }

        self.assertEqual(operations(self.document), operations(self.swagger))
        self.assertEqual(set(self.document["components"]["schemas"]), set(self.swagger["definitions"]))

    def test_every_read_answers_as_the_schema_says(self) -> None:
        checked = 0
        for route in current_routes():
            if "GET" not in route.methods or route.view.swagger_schema is None:
                continue
            with self.subTest(route=str(route)):
                path = f"{route.path}?{QUERIES.get(route.path, '')}"
                answer = self.assert_json(self.send("GET", path, by=self.admin), 200)
                checker = Draft202012Validator(self.schema_of(route))
                self.assertEqual([error.message for error in checker.iter_errors(answer)], [])
                checked += 1
        self.assertGreater(checked, 20)

    def test_every_field_of_an_answer_is_in_the_schema(self) -> None:
        """Compares the rows of lists, where a field that the schema lacks would go unnoticed."""
        for route in current_routes():
            if route.is_list:
                with self.subTest(route=str(route)):
                    rows = self.assert_json(self.send("GET", route.path, by=self.admin), 200)["results"]
                    name = self.schema_of(route)["$ref"].rpartition("/")[2]
                    items = self.document["components"]["schemas"][name]["properties"]["results"]["items"]
                    shape = self.document["components"]["schemas"][items["$ref"].rpartition("/")[2]]
                    self.assertTrue(rows)
                    for row in rows:
                        self.assertEqual(set(row), set(shape["properties"]))
                        self.assertEqual(set(row) - OPTIONAL, set(shape["required"]))

    def test_what_is_created_is_linked_to_the_operations_on_it(self) -> None:
        links = {
            path: entry["post"]["responses"]["201"]["links"]
            for path, entry in self.document["paths"].items()
            if "links" in entry.get("post", {}).get("responses", {}).get("201", {})
        }
        self.assertEqual(
            links["/api/v3/persons/"]["persons_read"],
            {"operationId": "persons_read", "parameters": {"person_id": "$response.body#/id"}},
        )
        renew = links["/api/v3/book_rentals/"]["book_rentals_renew_create"]
        self.assertEqual(renew["parameters"], {"ref": "$response.body#/ref"})
        self.assertGreaterEqual(len(links), 8)

    def test_null_is_a_type(self) -> None:
        schemas = self.document["components"]["schemas"]
        self.assertEqual(schemas["Rental"]["properties"]["date_returned"]["type"], ["string", "null"])
        self.assertEqual(
            schemas["Leaderboard"]["properties"]["me"]["anyOf"],
            [{"$ref": "#/components/schemas/Place"}, {"type": "null"}],
        )
        self.assertIn("The caller's place", schemas["Leaderboard"]["properties"]["me"]["description"])
        self.assertEqual(set(schemas["Comment"]["properties"]["author"]), {"$ref", "description"})
        self.assertNotIn("x-nullable", str(self.document))

    def test_a_group_holds_the_operations_of_one_resource(self) -> None:
        groups: dict[str, int] = {}
        for entry in self.document["paths"].values():
            for method, operation in entry.items():
                if method != "parameters":
                    groups[operation["tags"][0]] = groups.get(operation["tags"][0], 0) + 1
        self.assertLessEqual(max(groups.values()), 15, groups)

    def test_the_report_is_also_a_file(self) -> None:
        answer = self.document["paths"]["/api/v3/infractions/report/"]["get"]["responses"]["200"]
        self.assertEqual(set(answer["content"]), {"application/json", "text/csv"})

    def test_patterns_match_the_empty_value_where_it_is_allowed(self) -> None:
        phone = self.document["components"]["schemas"]["OwnAccount"]["properties"]["phone"]
        for value in ("", "+15550100"):
            self.assertRegex(value, phone["pattern"])
