import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from django.test import SimpleTestCase

from project.local import command_line


class BootstrapTests(SimpleTestCase):
    """Runs script/bootstrap in a folder without .venv, with fake Pythons on PATH."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.paths = [self.folder / "first path", self.folder / "second path"]
        for path in (self.folder / "script", *self.paths):
            path.mkdir()
        shutil.copy(command_line.PROJECT / "script" / "bootstrap", self.folder / "script")
        (self.paths[0] / "dirname").symlink_to(shutil.which("dirname") or "")

    def python(self, path: int, name: str, does: str) -> None:
        program = self.paths[path] / name
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)

    def supported(self, path: int, name: str, minor: int) -> None:
        self.python(path, name, f'[ "$1" = -I ] && echo {minor} || echo "chosen: {minor} $*"')

    def bootstrap(self) -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603
            ["/bin/sh", self.folder / "script" / "bootstrap", "server", "manage.py", "serve"],
            env={"PATH": os.pathsep.join(map(str, self.paths))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.strip()

    def test_the_newest_supported_python_is_used(self) -> None:
        self.supported(0, "python3", 12)
        self.supported(1, "python3.11", 11)
        self.assertEqual(self.bootstrap(), (0, "chosen: 12 script/make_venv.py server manage.py serve"))

    def test_a_python_that_does_not_run_does_not_hide_another(self) -> None:
        self.python(0, "python3.13", "echo 'not here' >&2; exit 127")
        self.python(0, "python3", ":")  # too old or too new: it says nothing
        self.supported(1, "python3.13", 13)
        self.assertEqual(self.bootstrap()[1], "chosen: 13 script/make_venv.py server manage.py serve")

    def test_a_python_without_venv_is_reported(self) -> None:
        self.python(1, "python3.12", "echo no venv")
        code, said = self.bootstrap()
        self.assertEqual(code, 1)
        self.assertRegex(said, r"^\S.*/second path/python3.12 has no venv: install it .*$")

    def test_a_missing_python_is_reported(self) -> None:
        code, said = self.bootstrap()
        self.assertEqual(code, 1)
        self.assertRegex(said, r"^No Python 3.11, 3.12, 3.13 or 3.14 was found: install one .*$")
