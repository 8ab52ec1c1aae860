"""Calls made by schemathesis from both documents of the API, as every kind of caller (`script/fuzz documents`)."""

import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.test import SimpleTestCase

from accounts.tests.cast import make_user
from infractions.models import Officer
from infractions.tokens import token_hash
from project.tests.api.routes import current_routes
from project.tests.api.rows import ROW, make_rows
from project.tests.fuzz.tokens import long_access_token
from project.tests.server.servers import Gunicorn

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
DOCUMENTS = os.environ.get("FUZZ_DOCUMENTS", "openapi.json swagger.json").split()
OFFICERS_TOKEN = "A" * 30
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "20")  # for each operation, document and caller
SEED = os.environ.get("FUZZ_SEED", "1")
CALLERS = os.environ.get("FUZZ_CALLERS", "")


class DocumentsFuzz(SimpleTestCase):
    """Each caller tries every operation of a document with valid and invalid data, and each link between operations."""

    databases = {"default"}
    callers: ClassVar[dict[str, str]] = {}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        resident = make_user("reader", pk=ROW, name="Rita Reader")
        make_rows(resident)
        Officer.objects.update(user=None)
        Officer.objects.create(badge_number="1", user=make_user("officer"))
        Officer.objects.create(badge_number="2", token_hash=token_hash(OFFICERS_TOKEN))
        groups = {name: make_user(f"staff{number}", name) for number, name in enumerate(group_names())}
        superuser = make_user("admin", is_staff=True, is_superuser=True)
        people = {"resident": resident, **groups, "superuser": superuser}
        cls.callers = {
            "anonymous": "",
            "officer": f"Token {OFFICERS_TOKEN}",
            **{role: f"Bearer {long_access_token(user)}" for role, user in people.items()},
        }

    def test_every_caller_and_document(self) -> None:
        for document in DOCUMENTS:
            for role, authorization in self.callers.items():
                if not CALLERS or role in CALLERS:
                    with self.subTest(document=document, role=role):
                        count = self.run_schemathesis(document, authorization)
                        sys.stderr.write(f"{document}, {role}: {count} requests\n")

    def run_schemathesis(self, document: str, authorization: str) -> int:
        """Returns the number of requests, which are more than there are operations, or the run has tried nothing."""
        throttles = {f"THROTTLE_{name.upper()}": "1000000/min" for name in settings.THROTTLES}
        server = Gunicorn(WEB_CONCURRENCY="1", **throttles)  # one for each run, because its log grows long
        self.addCleanup(server.stop)
        done = subprocess.run(  # noqa: S603
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)),
                *("run", f"http://127.0.0.1:{server.port}/{document}", "--seed", SEED),
                *("--max-examples", EXAMPLES, "--no-color"),
                *(("--header", f"Authorization:{authorization}") if authorization else ()),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = server.lines()
        server.stop()
        self.assertEqual([line for line in lines if line["level"] in ("ERROR", "CRITICAL")], [])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        asked = [line for line in lines if line["logger"] == "project.monitoring.requests"]
        self.assertGreater(len(asked), sum(len(route.methods) for route in current_routes()))
        return len(asked)


def group_names() -> list[str]:
    return list(Group.objects.order_by("name").values_list("name", flat=True))
