"""The Postman collection matches the schema, and its requests succeed in order."""

import io
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import Client, TestCase, tag
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.tests.cast import PASSWORD, make_user
from project.management.commands.postman_collection import DEFAULT_OUTPUT
from project.tools.postman import REFUSED, schema, text

VARIABLE = re.compile(r"{{(\w+)}}")
SET_FROM_PATH = re.compile(r'set\("(\w+)", pm\.response\.json\(\)\.([\w.]+)\)')
SET_FROM_ID = re.compile(r'set\("(\w+)", String\(created')


class Runner:
    """Runs the part of Postman that the collection uses: variables, and three kinds of script line."""

    def __init__(self, **variables: str) -> None:
        self.variables = variables

    def fill(self, text: str) -> str:
        return VARIABLE.sub(lambda found: self.variables[found[1]], text)

    def send(self, item: dict[str, Any], auth: dict[str, Any]) -> Any:
        request = item["request"]
        headers = {header["key"]: header["value"] for header in request["header"]}
        auth = request.get("auth", auth)
        if auth["type"] == "bearer":
            headers["Authorization"] = f"Bearer {self.fill(auth['bearer'][0]['value'])}"
        content, kind = self.content(request.get("body"))
        path = self.fill(request["url"]["raw"].removeprefix("{{baseUrl}}"))
        return Client().generic(request["method"], path, content, kind, headers=headers)

    def content(self, body: dict[str, Any] | None) -> tuple[bytes | str, str]:
        if body is None or body["mode"] == "raw":
            return (self.fill(body["raw"]) if body else ""), "application/json"
        with Path(settings.BASE_DIR, body["formdata"][0]["src"]).open("rb") as file:
            return encode_multipart(BOUNDARY, {body["formdata"][0]["key"]: file}), MULTIPART_CONTENT

    def keep(self, item: dict[str, Any], answer: Any) -> None:
        for line in script(item):
            if found := SET_FROM_PATH.search(line):
                value = answer
                for name in found[2].split("."):
                    value = value[name]
                self.variables[found[1]] = str(value)
            if found := SET_FROM_ID.search(line):
                self.variables[found[1]] = str(answer.get("id", answer.get("ref"))).split("/")[-1]


def script(item: dict[str, Any]) -> list[str]:
    return next(event["script"]["exec"] for event in item["event"] if event["listen"] == "test")


def status(item: dict[str, Any]) -> int:
    return int(re.findall(r"to\.have\.status\((\d+)\)", script(item)[0])[0])


class PostmanTests(TestCase):
    collection: dict[str, Any]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.collection = json.loads(DEFAULT_OUTPUT.read_text(encoding="utf-8"))

    def items(self) -> Iterator[dict[str, Any]]:
        for folder in self.collection["item"]:
            yield from folder["item"]

    def test_the_file_is_up_to_date(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            call_command("postman_collection", output=Path(folder, "x.json"), stdout=io.StringIO())
            written = Path(folder, "x.json").read_text(encoding="utf-8")
        self.assertEqual(written, text())
        self.assertTrue(written == DEFAULT_OUTPUT.read_text(encoding="utf-8"), "Run `manage.py postman_collection`.")

    def test_each_request_has_a_line_of_its_own(self) -> None:
        lines = DEFAULT_OUTPUT.read_text(encoding="utf-8").splitlines()
        requests = [line for line in lines if '"request":' in line]
        self.assertEqual(len(requests), len(list(self.items())))
        for line in requests:
            self.assertRegex(line, r'^{"name":"[^"]+","event":.*,"request":{"method":"[A-Z]+",')

    @tag("slow")
    def test_it_is_made_from_the_schema_that_is_served(self) -> None:
        served = Client().get("/swagger.json").json()
        self.assertEqual((schema()["paths"], schema()["definitions"]), (served["paths"], served["definitions"]))

    def test_it_holds_every_operation(self) -> None:
        sent = {
            (item["request"]["method"], re.sub(r"{{(\w+)}}", r"{\1}", "/" + "/".join(item["request"]["url"]["path"])))
            for item in self.items()
        }
        documented = {
            (method.upper(), path)
            for path, entry in schema()["paths"].items()
            for method in entry
            if method != "parameters"
        }
        self.assertEqual(sent, documented)

    def test_each_request_tests_its_status(self) -> None:
        for item in self.items():
            self.assertRegex(script(item)[0], r"^pm\.test\(.*pm\.response\.to\.have\.status\([24]\d\d\)\);$")
        refused = {item["request"]["url"]["raw"] for item in self.items() if status(item) >= 400}
        paths = {re.sub(r"{(\w+)}", r"{{\1}}", key.split()[-1]) for key in REFUSED}
        self.assertEqual(refused, {"{{baseUrl}}" + path for path in paths})

    @tag("slow")
    def test_the_collection_runs_twice_without_a_failure(self) -> None:
        make_user("admin", is_staff=True, is_superuser=True)
        for run in ("1", "2"):
            runner = Runner(username="admin", sign_in_id="none", comment_id="none", password=PASSWORD, run=run)
            for item in self.items():
                with self.subTest(run=run, request=item["name"]):
                    response = runner.send(item, self.collection["auth"])
                    self.assertEqual(response.status_code, status(item), response.content[:300])
                    runner.keep(item, response.json() if response.content else None)
