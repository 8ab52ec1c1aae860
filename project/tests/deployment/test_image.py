"""The content of the image, the privileges of containers, and the variables that compose passes on."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml
from django.apps import apps
from django.conf import settings
from django.test import SimpleTestCase

ROOT = Path(settings.BASE_DIR)
EXAMPLE = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
SECRETS = {"DATABASE_URL", "SERVER_DATABASE_URL", "SECRET_KEY", "JWT_SIGNING_KEY", "MFA_ENCRYPTION_KEYS"}
# Variables of compose itself, the image's folders, and variables for a laptop or for another database.
NOT_PASSED_ON = {"HOST", "PORT", "DOTENV", "DEBUG", "MEDIA_ROOT", "STATIC_ROOT", "MASTER_DATABASE_URL"}


class EntrypointTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name in ("python", "gunicorn"):
            program = Path(folder.name, name)
            program.write_text(f'#!/bin/sh\necho "{name} $*${{WEB_CONCURRENCY+ x$WEB_CONCURRENCY}} in $PWD by $$"\n')
            program.chmod(0o755)
        self.path = f"{folder.name}:{os.defpath}"

    def run_entrypoint(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
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
            (["migrate", "--first-prefix"], "python manage.py prepare --first-prefix"),
            (["manage", "shell", "-c", "a b"], "python manage.py shell -c a b"),
            (["manage", "makemigrations", "--check"], "python manage.py makemigrations --check"),
        ):
            self.assertEqual(self.run_entrypoint(*arguments), (0, expected, ""))

    def test_a_wrong_number_of_workers_is_reported_in_one_line(self) -> None:
        self.assertEqual(self.run_entrypoint("web", WEB_CONCURRENCY="3"), (0, "gunicorn project.wsgi x3", ""))
        self.assertEqual(self.run_entrypoint("web", WEB_CONCURRENCY=""), (0, "gunicorn project.wsgi", ""))
        for wrong in ("0", "-1", "many", "2.5", "1000", "1 2"):
            message = f"WEB_CONCURRENCY={wrong} is invalid: set it to a number from 1 to 999.\n"
            self.assertEqual(self.run_entrypoint("web", WEB_CONCURRENCY=wrong), (1, "", message))

    def test_other_arguments_print_the_usage(self) -> None:
        for arguments in ([], ["manage"], ["serve"], ["sh", "-c", "id"]):
            code, out, err = self.run_entrypoint(*arguments)
            self.assertEqual((code, out), (64, ""))
            self.assertIn("usage: entrypoint.sh web ", err)

    def test_makemigrations_is_refused(self) -> None:
        for arguments in ([], ["books"], ["--dry-run"]):
            code, out, err = self.run_entrypoint("manage", "makemigrations", *arguments)
            self.assertEqual((code, out), (64, ""))
            self.assertRegex(err, r"\Amakemigrations does not run in a container, .+\n\Z")


class FirstProcessTests(SimpleTestCase):
    """Process 1 ignores SIGTERM unless it has a handler for it."""

    def exit_code_of(self, code: str) -> int:
        """Returns the exit code of a Python process that runs this code; end() in it sends it a SIGTERM."""
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.run(  # noqa: S603
                [sys.executable, "-c", f"import os, signal\nend = lambda *_: os.kill(me, signal.SIGTERM)\n{code}"],
                cwd=ROOT,
                env={**os.environ, "TMPDIR": folder, "DOTENV": os.devnull},
                check=False,
            )
        return process.returncode

    def test_the_server_stops_even_before_the_site_is_loaded(self) -> None:
        code = "import runpy; me = os.getpid(); runpy.run_path('gunicorn.conf.py'); end()"
        self.assertEqual(self.exit_code_of(code), 0)

    def test_a_command_stops_as_process_1_of_a_container(self) -> None:
        code = (
            "from project.local import command_line; me = os.getpid(); os.getpid = lambda: {};"
            "command_line.execute_from_command_line = end; command_line.run(['manage.py', 'check'])"
        )
        self.assertEqual(self.exit_code_of(code.format(1)), 128 + signal.SIGTERM)
        self.assertEqual(self.exit_code_of(code.format(2)), -signal.SIGTERM)


class ContextTests(SimpleTestCase):
    """.dockerignore."""

    def setUp(self) -> None:
        self.lines = (ROOT / ".dockerignore").read_text().splitlines()
        self.included = {line.removeprefix("!") for line in self.lines if line.startswith("!")}

    def test_files_are_left_out_by_default(self) -> None:
        self.assertEqual(next(line for line in self.lines if not line.startswith("#")), "*")

    def test_every_package_is_included(self) -> None:
        packages = {Path(app.path).name for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
        self.assertGreater(len(packages), 5)
        self.assertLessEqual(packages, self.included)

    def test_files_that_git_ignores_are_not_included(self) -> None:
        ignored = {line.strip("/").rstrip("*") for line in (ROOT / ".gitignore").read_text().splitlines()}
        self.assertFalse(
            {name for name in self.included for prefix in ignored if prefix and name.startswith(prefix)}
            - {".env.example"}
        )
        self.assertFalse({name for name in self.included if "*" in name})


class ComposeTests(SimpleTestCase):
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    def test_it_passes_on_the_variables_of_operators_but_no_secrets(self) -> None:
        names = ("web", "ranking", "notices", "holds", "debts", "tidy", "verify", "migrate")
        passed = set().union(*(self.services[name]["environment"] for name in names))
        self.assertLessEqual(EXAMPLE - SECRETS - NOT_PASSED_ON, passed)
        self.assertFalse(passed & (SECRETS | NOT_PASSED_ON))

    def test_only_what_migrates_has_the_secrets_of_the_owner(self) -> None:
        having = {name for name, service in self.services.items() if "owner:" in str(service.get("volumes"))}
        self.assertEqual(having, {"secrets", "db", "migrate", "test"})
        self.assertEqual(self.services["migrate"]["environment"]["DATABASE_URL_FILE"], "/owner/database_url")
        self.assertEqual(self.services["web"]["environment"]["DATABASE_URL_FILE"], "/secrets/server_database_url")

    def test_the_override_for_another_database_is_for_every_service_that_uses_the_database(self) -> None:
        guide = (ROOT / "docs" / "deployment.md").read_text()
        [override] = re.findall(r"^```yaml\n(x-rds: .+?)^```$", guide, re.MULTILINE | re.DOTALL)
        environments = {name: service.get("environment", {}) for name, service in self.services.items()}
        users = {name for name, environment in environments.items() if "DATABASE_URL_FILE" in environment}
        self.assertEqual(set(yaml.safe_load(override)["services"]), users)

    def test_variables_that_are_not_set_are_not_passed_on(self) -> None:
        values = {name: value for name, value in self.services["web"]["environment"].items() if value is not None}
        self.assertEqual(
            set(values),
            {f"{name}_FILE" for name in SECRETS - {"SERVER_DATABASE_URL"}} | {"HTTPS", "SITE_URL", "WEB_CONCURRENCY"},
        )

    def test_services_that_run_our_code_have_no_other_privileges(self) -> None:
        for name in ("secrets", "migrate", "web", "ranking", "notices", "holds", "debts", "tidy", "verify"):
            with self.subTest(name):
                service = self.services[name]
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertIs(service["read_only"], True)
                self.assertEqual("user" in service, name == "secrets")
        self.assertEqual(self.services["secrets"]["network_mode"], "none")

    def test_a_service_with_an_entrypoint_has_a_command(self) -> None:
        """An entrypoint removes the image's command, and a shell without a command exits with 0."""
        for name, service in self.services.items():
            if "entrypoint" in service:
                with self.subTest(name):
                    self.assertTrue(service.get("command"))
        dockerfile = (ROOT / "Dockerfile").read_text()
        self.assertIn(f"CMD {json.dumps(self.services['test']['command'])}", dockerfile)

    def test_regular_commands_exist_and_are_those_of_the_cron_jobs(self) -> None:
        regular = {name: service["command"] for name, service in self.services.items() if "sleep" in str(service)}
        self.assertEqual(set(regular), {"ranking", "notices", "holds", "debts", "tidy", "verify"})
        jobs = yaml.safe_load_all((ROOT / "terraform" / "kubernetes" / "base" / "commands.yaml").read_text())
        pods = [job["spec"]["jobTemplate"]["spec"]["template"]["spec"] for job in jobs if job]
        self.assertEqual(
            {pod["containers"][0]["args"][1] for pod in pods}, {command for command, _seconds in regular.values()}
        )
        for command, seconds in regular.values():
            with self.subTest(command):
                self.assertTrue(list(ROOT.glob(f"*/management/commands/{command}.py")))
                self.assertGreaterEqual(int(seconds), 60)

    def test_a_regular_service_is_healthy_after_a_run_until_two_periods_have_passed(self) -> None:
        """`docker compose up --wait` fails if a service that keeps running has no health check."""
        file = Path(self.enterContext(tempfile.TemporaryDirectory()), "healthy-until")
        service = self.services["ranking"]
        loop, check = service["entrypoint"][2], service["healthcheck"]["test"][1]
        entrypoint = file.with_name("entrypoint.sh")
        entrypoint.write_text("#!/bin/sh\nexit $EXIT\n")
        entrypoint.chmod(0o755)

        def run(text: str, *arguments: str, **environment: str) -> int:
            text = text.replace("$$", "$").replace("/tmp/healthy-until", str(file))  # noqa: S108
            text = text.replace("/app/entrypoint.sh", str(entrypoint)).replace("sleep", "exit 0;")
            command = ["/bin/sh", "-c", text, *arguments]
            return subprocess.run(command, env=environment, stderr=subprocess.DEVNULL).returncode  # noqa: S603

        run(loop, "update_daily_ranking", "900", EXIT="1")
        self.assertNotEqual(run(check), 0)
        run(loop, "update_daily_ranking", "900", EXIT="0")
        self.assertEqual(run(check), 0)
        self.assertAlmostEqual(int(file.read_text()), time.time() + 2 * 900 + 60, delta=60)
        file.write_text("1700000000")
        self.assertNotEqual(run(check), 0)

    def test_services_that_keep_running_have_a_health_check(self) -> None:
        for name, service in self.services.items():
            if "restart" in service and name != "web":  # the image has that of the site
                with self.subTest(name):
                    self.assertIn("test", service["healthcheck"])

    def test_only_the_site_publishes_a_port(self) -> None:
        published = {name for name, service in self.services.items() if "ports" in service}
        self.assertEqual(published, {"web"})
