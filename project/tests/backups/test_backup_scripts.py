import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import skipUnless

from project.database.backups import files
from project.database.backups.programs import ClientPrograms
from project.local.cluster import Cluster
from project.local.wheel import is_installed
from project.tests.clones import copy_project
from project.tests.database.scratch import ScratchCase
from project.tests.processes import run

OURS = {"DATABASE_URL", "SECRET_KEY", "JWT_SIGNING_KEY", "MFA_ENCRYPTION_KEYS"}


@skipUnless(is_installed(), "the wheel is not installed")
@skipUnless(importlib.util.find_spec("pip"), "the scripts want a .venv with pip, and this Python has none")
class ScriptTests(ScratchCase):
    """script/restore and script/backup in a clone that was never started, on its embedded PostgreSQL."""

    def setUp(self) -> None:
        self.clone = Path(tempfile.mkdtemp(prefix="townhall-test-clone-")).resolve()
        self.addCleanup(shutil.rmtree, self.clone)
        copy_project(self.clone)
        self.addCleanup(self.remove_cluster)
        self.install()

    def install(self) -> None:
        """Makes a .venv that runs this Python and is marked as up to date."""
        python = self.clone / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        spec = importlib.util.spec_from_file_location("make_venv", self.clone / "script" / "make_venv.py")
        assert spec  # noqa: S101
        assert spec.loader  # noqa: S101
        make_venv = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(make_venv)
        make_venv.write_stamp("server", "")

    def remove_cluster(self) -> None:
        folder = (self.clone / ".postgres").resolve()
        Cluster(folder).stop()
        if folder.parent != self.clone:
            shutil.rmtree(folder)

    def run_script(self, name: str, *arguments: str) -> tuple[int, str, str]:
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        done = run(
            [self.clone / "script" / name, *arguments],
            cwd=self.folder,  # where relative names are looked for
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout, done.stderr

    def test_a_backup_of_one_database_can_be_restored_and_backed_up_in_another(self) -> None:
        rows = self.make_backup("from here").rows
        code, said, errors = self.run_script("restore", "from here")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn(f"Restored {sum(rows.values())} rows", said)
        code, said, errors = self.run_script("backup")
        self.assertEqual((code, errors), (0, ""))
        written = next((self.clone / "backups").iterdir())
        self.assertTrue(said.startswith(f"{written}: {sum(rows.values())} rows of {len(rows)} tables"), said)
        folders = (written, self.folder / "from here")
        migrations = [
            ClientPrograms().read_table(folder / files.DATABASE_FILE, "django_migrations") for folder in folders
        ]
        self.assertEqual(*migrations)
