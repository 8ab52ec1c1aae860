"""A client in TypeScript, with types made of /openapi.json, against the server (`script/test-clients`)."""

import os
import shutil
import subprocess
from pathlib import Path

from django.conf import settings
from django.test import TransactionTestCase

from accounts.tests.cast import PASSWORD, make_user
from project.tests.server.servers import Gunicorn

SOURCE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "tsconfig.json", "client.ts")
FOLDER = settings.BASE_DIR / ".run" / "clients"


class TypeScriptTests(TransactionTestCase):
    """Takes the calls of client.ts from the schema to the answers of a server."""

    def test_a_generated_client_makes_typed_calls(self) -> None:
        make_user("admin", is_staff=True, is_superuser=True)
        server = Gunicorn(WEB_CONCURRENCY="1")
        self.addCleanup(server.stop)
        site = f"http://127.0.0.1:{server.port}"
        FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FILES:
            shutil.copy(SOURCE / name, FOLDER)
        self.run_tool("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        self.run_tool("npx", "openapi-typescript", f"{site}/openapi.json", "--output", "schema.d.ts")
        self.run_tool("npx", "tsc", "--project", ".")
        said = self.run_tool("node", "built/client.js", SITE=site, USERNAME="admin", PASSWORD=PASSWORD)
        self.assertGreaterEqual(int(said.split()[0]), 10)

    def run_tool(self, *command: str, **environment: str) -> str:
        done = subprocess.run(  # noqa: S603
            command, cwd=FOLDER, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout
