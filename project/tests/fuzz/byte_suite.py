"""Requests with mutated bytes, over a socket to gunicorn: no answer is an error of the server.

The valid requests that are mutated are made of every operation of the API, and of every form of the pages and of the
back office. `script/fuzz` sends many mutations of each, the tests few.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPResponse
from itertools import islice
from random import Random
from socket import SHUT_WR
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import admin
from django.test import Client, TransactionTestCase
from django.urls import reverse

from accounts.tests.cast import enter_sudo, make_user
from common.paths import is_api
from infractions.models import Officer
from project.tests.api.hostile import END, part, plausible
from project.tests.api.routes import PARAMETER, current_routes
from project.tests.api.rows import ROW, make_rows
from project.tests.fuzz.forms import FormReader
from project.tests.fuzz.mutations import Call, Header, mangled, mutated
from project.tests.fuzz.tokens import long_access_token
from project.tests.server.clients import open_socket
from project.tests.server.servers import Gunicorn
from project.tests.site.pages import page_paths

HOST: Header = (b"Host", b"localhost")
FORM = part("form-data; name=image; filename=a") + END
# What the server itself answers to a request that it cannot read: an encoding, or a version of HTTP, that it lacks.
UNREADABLE_STATUSES = {501, 505}
# Signing out would end the session of the other calls.
LEFT_OUT = {"/accounts/logout/", "/admin/logout/", "/language/"}


def value_of(schema: dict[str, Any]) -> Any:
    """Returns a plausible value within the limits of a field."""
    value = plausible(schema)
    return min(value, schema.get("maximum", value)) if schema.get("type") == "integer" else value


class ByteSuite(TransactionTestCase):
    examples = 1  # mutations of each valid request
    step = 1  # every so many of the valid requests
    seed = "1"

    def setUp(self) -> None:
        make_rows(make_user("reader", pk=ROW))
        self.user = make_user("admin", is_staff=True, is_superuser=True)
        self.user.set_password("not that of the examples")  # which would close the account
        self.user.save()
        Officer.objects.filter(pk=ROW).update(user=self.user)  # who may do what only officers do
        calls = [*islice(self.api_calls(), 0, None, self.step), *self.form_calls()]
        # What is deleted is not found by the calls after it.
        self.calls = sorted(calls, key=lambda call: b"delete" in (call.method + call.target).lower())
        throttles = {f"THROTTLE_{name.upper()}": "1000000/min" for name in settings.THROTTLES}
        self.server = Gunicorn(WEB_CONCURRENCY="1", **throttles)
        self.addCleanup(self.server.stop)

    def api_calls(self) -> Iterator[Call]:
        """Yields a call of each operation with the fields that the schema names, and one for each query parameter."""
        schema = Client().get("/swagger.json").json()
        token: Header = (b"Authorization", f"Bearer {long_access_token(self.user)}".encode())
        for route in current_routes():
            for method in route.methods:
                entry = schema["paths"].get(PARAMETER.sub(r"{\1}", route.template), {})
                operation = entry.get(method.lower(), {"parameters": []})
                if route.takes_json:
                    kind, body = b"application/json", json.dumps(self.fields(schema, operation)).encode()
                else:
                    kind, body = b"multipart/form-data; boundary=x", FORM
                headers = (HOST, token, (b"Content-Type", kind), (b"Accept", b"*/*"), (b"If-Match", b"*"))
                call = Call(method.encode(), route.path.encode(), headers, body if method in route.writing else b"")
                yield call
                for name, value in self.query(operation):
                    yield replace(call, target=f"{route.path}?{name}={quote(str(value))}".encode())

    def fields(self, schema: dict[str, Any], operation: dict[str, Any]) -> Any:
        """Returns a body with texts from the example, and numbers of rows that exist."""
        for one in operation["parameters"]:
            given = one.get("schema", {})
            name = given.get("items", given).get("$ref", "").rpartition("/")[2]
            if name:
                shape = schema["definitions"][name]
                texts = shape["example"]
                fields = {
                    field: texts.get(field) if about.get("type") == "string" else value_of(about)
                    for field, about in shape["properties"].items()
                }
                known = {field: value for field, value in fields.items() if value is not None}
                return [known] if "items" in given else known
        return {}

    def query(self, operation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        return ((one["name"], value_of(one)) for one in operation["parameters"] if one["in"] == "query")

    def form_calls(self) -> Iterator[Call]:
        """Yields a GET of each page, and what each form there sends, by a superuser who just entered the password."""
        client = Client()
        client.force_login(self.user)
        enter_sudo(client)
        client.cookies["csrftoken"] = "a" * 32
        cookie: Header = (b"Cookie", "; ".join(f"{each.key}={each.value}" for each in client.cookies.values()).encode())
        seen = set()
        for path in islice(self.pages(), 0, None, self.step):
            if path in LEFT_OUT:
                continue
            yield Call(b"GET", path.encode(), (HOST, cookie))
            answer = client.get(path)
            if not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            for form in FormReader.of(path, answer.content.decode()):
                names = tuple(name for name, _ in form.values)
                if form.method == "POST" and (form.action, names) not in seen and form.action not in LEFT_OUT:
                    seen.add((form.action, names))
                    headers = (HOST, cookie, (b"Content-Type", form.content_type()), (b"Referer", b"http://localhost/"))
                    yield Call(b"POST", form.action.encode(), headers, form.body())

    def pages(self) -> Iterator[str]:
        """Yields the path of each page, and those of a list, an addition and a row of each model of the back office."""
        yield from (path for _, path in page_paths())
        yield from ("/admin/", "/admin/login/", "/admin/password_change/")
        for model, model_admin in admin.site._registry.items():
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            yield reverse(f"{name}_changelist") + "?q=a&o=1&p=1"
            yield reverse(f"{name}_add")
            row = model._default_manager.order_by("-pk").first()
            if row is not None:
                yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "delete", "history"))
            patterns = (each for each in model_admin.get_urls() if not each.pattern.converters)
            yield from (
                reverse(f"admin:{each.name}") for each in patterns if re.search("import|export", each.name or "")
            )

    def test_every_request(self) -> None:
        random = Random(self.seed)
        statuses: Counter[int] = Counter()
        for call in self.calls:
            for _ in range(self.examples):
                changed = mutated(call, random)
                self.send(changed.written(), changed.target)
                self.send(mangled(call, random))
            statuses[self.send(call.written(), call.target)] += 1
        # Otherwise the mutations would begin with requests that do not get far.
        self.assertGreater(statuses[200] + statuses[201] + statuses[204], len(self.calls) / 2, statuses)
        self.assert_well()

    def send(self, data: bytes, target: bytes = b"") -> int:
        """Sends a request and returns the status, 0 if there is no answer. Checks the answer in a subtest.

        An answer is not an error of the server, and JSON if the target is one of the API.
        """
        with self.subTest(data), open_socket(self.server.port) as sock:
            with suppress(ConnectionError):  # the server may answer and close before it has read all
                sock.sendall(data)
                sock.shutdown(SHUT_WR)  # so that the server does not wait for the rest of what is cut short
            answer = HTTPResponse(sock, method=data.partition(b" ")[0].decode("latin-1"))
            try:
                answer.begin()
                body = answer.read()
            except ConnectionError:
                self.assertEqual(target, b"", "No answer.")
                return 0
            self.assertTrue(answer.status < 500 or answer.status in UNREADABLE_STATUSES, (answer.status, body[:300]))
            if body and answer.status >= 400 and is_api(target.partition(b"?")[0].decode("latin-1")):
                self.assertEqual(answer.headers["Content-Type"], "application/json", (answer.status, body[:300]))
                json.loads(body)
        return answer.status

    def assert_well(self) -> None:
        """Checks that the server answers, that no worker ended, and that neither log has an error."""
        self.assertEqual(self.server.get("/healthz")[0].status, 200)
        errors = [line for line in self.server.lines() if line["level"] in ("ERROR", "CRITICAL")]
        self.assertEqual(errors, [])
        self.assertNotIn("Traceback", self.server.said(self.server.errors))
