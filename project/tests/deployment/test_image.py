"""What goes into the image, what a container may do, and what compose passes on."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from django.apps import apps
from django.conf import settings
from django.test import SimpleTestCase

ROOT = Path(settings.BASE_DIR)
EXAMPLE = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
SECRETS = {"DATABASE_URL", "SECRET_KEY", "JWT_SIGNING_KEY"}
# Where compose itself listens, the image's folders, and what is for a laptop or for a database elsewhere alone.
NOT_PASSED = {"HOST", "PORT", "DOTENV", "DEBUG", "MEDIA_ROOT", "STATIC_ROOT", "MASTER_DATABASE_URL"}


class EntrypointTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name in ("python", "gunicorn"):
            program = Path(folder.name, name)
            program.write_text(f'#!/bin/sh\necho "{name} $*${{WEB_CONCURRENCY+ x$WEB_CONCURRENCY}} in $PWD by $$"\n')
            program.chmod(0o755)
        self.path = f"{folder.name}:{os.defpath}"

    def run_it(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = subprocess.Popen(  # noqa: S603
            ["/bin/sh", str(ROOT / "entrypoint.sh"), *arguments],
            cwd="/",
            env={"PATH": self.path, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        out, err = process.communicate()
        return process.returncode, out.replace(f" in {ROOT} by {process.pid}\n", ""), err

    def test_each_verb_becomes_the_process_itself(self) -> None:
        for arguments, expected in (
            (["web"], "gunicorn project.wsgi"),
            (["web", "--check-config"], "gunicorn project.wsgi --check-config"),
            (["migrate"], "python manage.py prepare"),
            (["migrate", "--first-start"], "python manage.py prepare --first-start"),
            (["manage", "shell", "-c", "a b"], "python manage.py shell -c a b"),
            (["manage", "makemigrations", "--check"], "python manage.py makemigrations --check"),
        ):
            self.assertEqual(self.run_it(*arguments), (0, expected, ""))

    def test_a_number_of_workers_that_is_none_is_told_in_one_line(self) -> None:
        self.assertEqual(self.run_it("web", WEB_CONCURRENCY="3"), (0, "gunicorn project.wsgi x3", ""))
        self.assertEqual(self.run_it("web", WEB_CONCURRENCY=""), (0, "gunicorn project.wsgi", ""))
        for wrong in ("0", "-1", "many", "2.5", "1000", "1 2"):
            told = f"WEB_CONCURRENCY={wrong} is invalid: set it to a number from 1 to 999.\n"
            self.assertEqual(self.run_it("web", WEB_CONCURRENCY=wrong), (1, "", told))

    def test_anything_else_is_told_how_it_is_meant(self) -> None:
        for arguments in ([], ["manage"], ["serve"], ["sh", "-c", "id"]):
            code, out, err = self.run_it(*arguments)
            self.assertEqual((code, out), (64, ""))
            self.assertIn("usage: entrypoint.sh web ", err)

    def test_makemigrations_does_not_run(self) -> None:
        for arguments in ([], ["books"], ["--dry-run"]):
            code, out, err = self.run_it("manage", "makemigrations", *arguments)
            self.assertEqual((code, out), (64, ""))
            self.assertRegex(err, r"\Amakemigrations does not run in a container: .+\n\Z")


class FirstProcessTests(SimpleTestCase):
    """As process 1 nothing hears a SIGTERM for which it has no handler."""

    def ended_by(self, code: str) -> int:
        """How a Python process ends that runs this code, and is told to end after it."""
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.run(  # noqa: S603
                [sys.executable, "-c", f"import os, signal\nend = lambda *_: os.kill(me, signal.SIGTERM)\n{code}"],
                cwd=ROOT,
                env={**os.environ, "TMPDIR": folder, "DOTENV": os.devnull},
                check=False,
            )
        return process.returncode

    def test_the_server_hears_it_before_the_site_is_loaded(self) -> None:
        code = "import runpy; me = os.getpid(); runpy.run_path('gunicorn.conf.py'); end()"
        self.assertEqual(self.ended_by(code), 0)

    def test_a_command_hears_it_as_the_first_process_of_a_container(self) -> None:
        code = (
            "from project.local import command_line; me = os.getpid(); os.getpid = lambda: {};"
            "command_line.execute_from_command_line = end; command_line.run(['manage.py', 'check'])"
        )
        self.assertEqual(self.ended_by(code.format(1)), 128 + signal.SIGTERM)
        self.assertEqual(self.ended_by(code.format(2)), -signal.SIGTERM)


class ContextTests(SimpleTestCase):
    """What the builder gets to see."""

    def setUp(self) -> None:
        self.lines = (ROOT / ".dockerignore").read_text().splitlines()
        self.named = {line.removeprefix("!") for line in self.lines if line.startswith("!")}

    def test_nothing_comes_by_itself(self) -> None:
        self.assertEqual(next(line for line in self.lines if not line.startswith("#")), "*")

    def test_every_package_is_named(self) -> None:
        packages = {Path(app.path).name for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
        self.assertGreater(len(packages), 5)
        self.assertLessEqual(packages, self.named)

    def test_what_git_leaves_out_stays_out(self) -> None:
        kept_out = {line.strip("/").rstrip("*") for line in (ROOT / ".gitignore").read_text().splitlines()}
        self.assertFalse(
            {name for name in self.named for start in kept_out if start and name.startswith(start)} - {".env.example"}
        )
        self.assertFalse({name for name in self.named if "*" in name})


class ComposeTests(SimpleTestCase):
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    def test_it_passes_on_what_operators_set_and_no_secret_of_a_laptop(self) -> None:
        passed = set().union(*(self.services[name]["environment"] for name in ("web", "ranking", "migrate")))
        self.assertLessEqual(EXAMPLE - SECRETS - NOT_PASSED, passed)
        self.assertFalse(passed & (SECRETS | NOT_PASSED))

    def test_what_is_not_set_is_not_passed_on(self) -> None:
        values = {name: value for name, value in self.services["web"]["environment"].items() if value is not None}
        self.assertEqual(set(values), {f"{name}_FILE" for name in SECRETS} | {"HTTPS", "SITE_URL"})

    def test_what_runs_our_code_may_do_nothing_else(self) -> None:
        for name in ("secrets", "migrate", "web", "ranking"):
            with self.subTest(name):
                service = self.services[name]
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertIs(service["read_only"], True)
                self.assertEqual("user" in service, name == "secrets")
        self.assertEqual(self.services["secrets"]["network_mode"], "none")

    def test_an_entrypoint_of_its_own_has_a_command_too(self) -> None:
        """It takes the image's command away, and a shell with nothing to do ends well."""
        for name, service in self.services.items():
            if "entrypoint" in service:
                with self.subTest(name):
                    self.assertTrue(service.get("command"))
        said = (ROOT / "Dockerfile").read_text()
        self.assertIn(f"CMD {json.dumps(self.services['test']['command'])}", said)

    def test_nobody_but_the_site_is_reached_from_outside(self) -> None:
        published = {name for name, service in self.services.items() if "ports" in service}
        self.assertEqual(published, {"web"})
