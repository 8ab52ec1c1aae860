"""`.env.example` names every variable that is read, and starts as it is."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import environ
from django.conf import settings
from django.test import SimpleTestCase

EXAMPLE = Path(settings.BASE_DIR, ".env.example").read_text()
READ = re.compile(r"""(?:env(?:\.\w+)?\(|environ\.get\(|environ\[|number\()\s*"([A-Z_]+)\"""")
OF_OTHERS = {"PATH"}


class EnvExampleTests(SimpleTestCase):
    def test_it_names_exactly_the_variables_that_are_read(self) -> None:
        files = [path for path in Path(settings.BASE_DIR, "project").rglob("*.py") if "tests" not in path.parts]
        read = {name for path in files for name in READ.findall(path.read_text())} - OF_OTHERS
        listed = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
        self.assertEqual(listed, read)

    def test_defaults_are_those_of_the_settings(self) -> None:
        uncommented = re.sub(r"^#([A-Z_]+=)", r"\1", EXAMPLE, flags=re.MULTILINE)
        with patch.dict(os.environ, clear=True):
            environ.Env.read_env(io.StringIO(uncommented))
            keys = {"SECRET_KEY": "0123456789abcdef" * 4, "JWT_SIGNING_KEY": "fedcba9876543210" * 4}
            keys["MFA_ENCRYPTION_KEYS"] = "9876543210fedcba" * 4
            spelled_out = {**os.environ, **keys, "PATH": os.defpath}
        bare = {"DEBUG": "off", "HTTPS": "off", "DATABASE_URL": spelled_out["DATABASE_URL"], **keys}
        self.assertEqual(self.settings_under(bare), self.settings_under(spelled_out))

    def settings_under(self, environment: dict[str, str]) -> str:
        """Returns the settings that depend on the environment, from a process with an otherwise empty one."""
        code = (
            "from pathlib import Path; import environ, project.settings as s;"
            "print({n: str(v) for n, v in vars(s).items() if n.isupper() and n != 'UNFOLD'})"  # which needs Django
        )
        root = str(settings.BASE_DIR)
        environment = {
            **environment,
            "PYTHONPATH": root,
            "PYTHONHASHSEED": "0",
            "DOTENV": os.devnull,
            "MEDIA_ROOT": "media",
            "STATIC_ROOT": "staticfiles",
        }
        run = [sys.executable, "-c", code]
        done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout
