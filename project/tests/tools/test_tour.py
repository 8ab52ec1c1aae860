"""Runs the calls of docs/tour.md and of README.md as they are printed, and compares the answers."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client, TestCase

from accounts.models import User
from project.tools.dummy import demo_load

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FROM_ANSWER = re.compile(r"""(\w+)=\$\((curl .*) \| sed 's/\.\*"(\w+)":.*'\)""")
AT = datetime(2026, 11, 28, 15, tzinfo=UTC)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Shell:
    """The small part of a shell and of curl that the pages use: variables, and one request for each call."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}

    def run(self, command: str) -> str:
        """Returns what the command prints."""
        if found := FROM_ANSWER.fullmatch(command):
            name, call, key = found.groups()
            self.variables[name] = json.loads(self.curl(call))[key]
        elif command.startswith("curl "):
            return self.curl(command)
        else:
            self.variables |= dict(word.split("=", 1) for word in shlex.split(command))
        return ""

    def curl(self, command: str) -> str:
        words = iter(shlex.split(re.sub(r"\$(\w+)", lambda found: self.variables[found[1]], command))[1:])
        method, headers, body, status, url = "GET", {"Host": "127.0.0.1:8000"}, "", "", ""
        for word in words:
            if word == "-X":
                method = next(words)
            elif word == "-H":
                name, value = next(words).split(": ", 1)
                headers[name] = value
            elif word == "-d":
                body = next(words)
                method = "POST" if method == "GET" else method
            elif word == "-w":
                status = next(words)
            elif word != "-s":
                url = word
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        response = Client().generic(method, path, body, headers.pop("Content-Type", ""), headers=headers)
        return response.content.decode() + status.replace("%{http_code}", str(response.status_code)).rstrip("\\n")


def commands(page: str) -> Iterator[tuple[str, str]]:
    """Yields each command of a page, and the answer that is printed below it."""
    for block in BLOCK.findall((settings.BASE_DIR / page).read_text()):
        for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, answer = entry.strip().partition("\n")
            yield command, answer


def same(printed: Any, sent: Any) -> bool:
    """Whether two answers are alike except for times, and for the rest of texts that are printed in part."""
    if isinstance(printed, dict) and isinstance(sent, dict):
        return list(printed) == list(sent) and all(same(printed[name], sent[name]) for name in printed)
    if isinstance(printed, list) and isinstance(sent, list):
        return len(printed) == len(sent) and all(map(same, printed, sent))
    if isinstance(printed, str) and isinstance(sent, str):
        if TIME.fullmatch(printed):
            return bool(TIME.fullmatch(sent))
        return bool(re.fullmatch(re.escape(printed).replace("…", ".+"), sent))
    return type(printed) is type(sent) and printed == sent


def reset_sequences() -> None:
    """Lets ids and serial numbers begin at 1, as in a new database. Only for empty tables, so no id is used twice."""
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.pk.get_internal_type() == "BigAutoField" and not model._base_manager.exists():
                table, column = model._meta.db_table, model._meta.pk.column
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), 1, false)", [f'"{table}"', column])
        cursor.execute("SELECT setval('device_serial', 1, false)")


class TourTests(TestCase):
    def setUp(self) -> None:
        reset_sequences()
        User.objects.create_superuser(username="admin", password="PASSWORD")
        # A few of the invented scores depend on the time of day.
        with patch("project.tools.dummy.timezone.now", return_value=AT):
            demo_load()

    def check(self, page: str) -> int:
        """Runs the page and returns its number of requests."""
        shell = Shell()
        requests = 0
        for command, printed in commands(page):
            with self.subTest(page=page, command=command):
                sent = shell.run(command)
                requests += "curl " in command
                (printed_body, printed_status), (body, status) = (split(text) for text in (printed, sent))
                self.assertEqual(printed_status, status, sent)
                self.assertTrue(same(printed_body, body), f"printed: {printed}\nsent:    {sent}")
        return requests

    def test_the_calls_of_the_tour_are_answered_as_printed(self) -> None:
        self.assertGreater(self.check("docs/tour.md"), 20)

    def test_the_five_calls_of_the_readme_are_answered_as_printed(self) -> None:
        self.assertEqual(self.check("README.md"), 5)

    def test_an_answer_that_differs_is_noticed(self) -> None:
        for printed, sent in (
            ({"id": 1}, {"id": 2}),
            ({"id": 1}, {"id": 1, "name": ""}),
            ({"rows": [1]}, {"rows": [1, 2]}),
            ({"token": "eyJh…"}, {"token": "abc"}),
            ({"at": "2026-11-21T08:13:10.879931Z"}, {"at": "2026-11-21T08:13:10+01:00"}),
            ({"charge": "1.00"}, {"charge": 1.0}),
        ):
            self.assertFalse(same(printed, sent), sent)


def split(text: str) -> tuple[Any, str]:
    """Returns the JSON of an answer, None if there is none, and the status after it, if there is one."""
    body, status = text, ""
    if found := re.fullmatch(r"(.*) (\d{3})", text, re.DOTALL):
        body, status = found.groups()
    return json.loads(body) if body else None, status
