"""Runs scripts of script/ in a temporary folder, with stand-ins on PATH for programs that need the cloud."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from django.test import SimpleTestCase

from project.local import command_line
from project.tests.processes import run


class ScriptCase(SimpleTestCase):
    scripts: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp()).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.tree = self.make_tree("tree")

    def make_tree(self, name: str) -> Path:
        """Creates a folder with the scripts in it, as in a clone."""
        (self.folder / name / "script").mkdir(parents=True)
        for script in self.scripts:
            shutil.copy(command_line.PROJECT / "script" / script, self.folder / name / "script")
        return self.folder / name

    def stand_in(self, name: str, code: str) -> None:
        """Puts a program on PATH that records its arguments, one line per call, and then runs this shell code."""
        program = self.bin / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>"{self.folder}/{name}.calls"\n{code}\n')
        program.chmod(0o755)

    def calls(self, name: str) -> list[str]:
        file = self.folder / f"{name}.calls"
        return file.read_text().splitlines() if file.exists() else []

    def run_script(
        self, script: str, *arguments: str, tree: Path | None = None, **environment: str
    ) -> tuple[int, str, str]:
        """Returns the exit code, stdout and stderr. The script gets only PATH and HOME of our environment."""
        done = run(
            ["/bin/sh", (tree or self.tree) / "script" / script, *arguments],
            env={"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.folder), **environment},
        )
        return done.returncode, done.stdout, done.stderr


class GitCase(ScriptCase):
    """Adds a clone of a repository that is in the same folder."""

    def setUp(self) -> None:
        super().setUp()
        self.origin = self.folder / "origin.git"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin), at=self.folder)
        self.make_clone(self.tree)

    def make_clone(self, tree: Path) -> None:
        self.git("init", "--quiet", "--initial-branch=main", at=tree)
        self.git("remote", "add", "origin", str(self.origin), at=tree)

    def git(self, *arguments: str, at: Path | None = None) -> str:
        options = ["-c", "user.name=Ann Brook", "-c", "user.email=ann@example.org", "-c", "commit.gpgSign=false"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(  # noqa: S603
            ["git", *options, *arguments],  # noqa: S607
            cwd=at or self.tree,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def commit(self, title: str, files: dict[str, str] | None = None, at: Path | None = None) -> str:
        """Commits these files and returns the id of the commit."""
        for name, text in (files or {}).items():
            path = (at or self.tree) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            self.git("add", "--force", name, at=at)
        self.git("commit", "--quiet", "--allow-empty", "--message", title, at=at)
        return self.git("rev-parse", "HEAD", at=at)
