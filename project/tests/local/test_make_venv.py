import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from unittest import skipUnless
from unittest.mock import patch

from django.test import SimpleTestCase

from project.local import command_line


class MakeVenvTests(SimpleTestCase):
    """script/make_venv.py in a folder whose locks are empty, so that pip installs nothing."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp()).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "script").mkdir()
        (self.folder / "requirements").mkdir()
        self.script = Path(shutil.copy(command_line.PROJECT / "script" / "make_venv.py", self.folder / "script"))
        self.make_venv = self.load()
        for name in {name for names in self.make_venv.LOCKS.values() for name in names}:
            (self.folder / name).write_text(f"# {name}\n")

    def load(self) -> ModuleType:
        spec = importlib.util.spec_from_file_location("make_venv", self.script)
        assert spec  # noqa: S101
        assert spec.loader  # noqa: S101
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def pretend_installed(self, *purposes: str) -> None:
        python = self.folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch()
        for purpose in purposes:
            stamp = self.make_venv.STAMP
            self.make_venv.write_stamp(purpose, stamp.read_text() if stamp.exists() else "")

    def install(self, purpose: str, pip: bool | type[BaseException]) -> list[str]:
        """Installs with a pip that succeeds, fails or is interrupted. Returns which programs ran."""
        programs = []

        def run(lock: object, python: object, option: str, program: str, *arguments: object) -> bool:
            programs.append(program if option == "-m" else "probe")
            if programs[-1] != "pip":
                return True
            if isinstance(pip, bool):
                return pip
            raise pip

        with patch.object(self.make_venv, "run", run), patch.object(self.make_venv, "write"):
            self.make_venv.install_packages(purpose, None)
        return programs

    @skipUnless(importlib.util.find_spec("ensurepip"), "this Python cannot make a virtual environment with pip")
    def test_two_starts_at_once_make_one_environment(self) -> None:
        command = [sys.executable, str(self.script), "server", "-c", "import sys; print(sys.prefix)"]
        starts = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
            for _ in range(2)
        ]
        printed = [start.communicate() for start in starts]
        self.assertEqual([out for out, _ in printed], [f"{self.folder / '.venv'}\n"] * 2, printed)
        self.assertEqual("".join(errors for _, errors in printed).count("Creating .venv"), 1)

    def test_what_is_installed_is_not_installed_again(self) -> None:
        self.pretend_installed("development")
        self.assertTrue(self.make_venv.is_current("server"))
        self.assertFalse(self.make_venv.is_current("browser"))
        self.assertEqual(self.install("server", pip=True), ["probe"])
        self.assertEqual(self.install("browser", pip=True), ["probe", "pip"])
        self.assertTrue(all(map(self.make_venv.is_current, ("server", "development", "browser"))))

    def test_a_changed_lock_is_installed_again(self) -> None:
        self.pretend_installed("browser", "deployment")
        (self.folder / "requirements/development.txt").write_text("# changed\n")
        self.assertEqual(self.install("server", pip=True), ["probe"])
        self.assertEqual(self.install("development", pip=True), ["probe", "pip"])
        self.assertTrue(self.make_venv.is_current("deployment"))
        (self.folder / "requirements/development.txt").write_text("# requirements/development.txt\n")
        self.assertFalse(self.make_venv.is_current("development"))

    def test_an_interrupted_pip_leaves_an_environment_that_is_made_anew(self) -> None:
        self.pretend_installed("server")
        with self.assertRaises(KeyboardInterrupt):
            self.install("development", pip=KeyboardInterrupt)
        self.assertFalse(self.make_venv.is_current("server"))
        self.assertEqual(self.install("server", pip=True), ["venv", "pip"])

    def test_a_pip_that_fails_leaves_what_was_installed(self) -> None:
        self.pretend_installed("server")
        with self.assertRaisesRegex(SystemExit, r"Could not install the packages\."):
            self.install("development", pip=False)
        self.assertTrue(self.make_venv.is_current("server"))
        self.assertFalse(self.make_venv.is_current("development"))
