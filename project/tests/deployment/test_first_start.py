"""`manage.py serve` in a clone that was never started: keys, database, static files, server and end."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from unittest import skipUnless

from django.test import SimpleTestCase

from project.local.cluster import Cluster
from project.local.wheel import is_installed
from project.tests.clones import copy_project
from project.tests.processes import SAFETY_NET_SECONDS, finish

# Becomes the server, which ends at a line on stdin, or when this process dies and stdin closes.
UNTIL_TOLD = 'exec 3<&0; { read -r _ <&3; kill $$; } >/dev/null 2>&1 & exec "$@" 3<&-'


@skipUnless(is_installed(), "the wheel is not installed")
class FirstStartTests(SimpleTestCase):
    def setUp(self) -> None:
        self.clone = Path(tempfile.mkdtemp(prefix="townhall-test-clone-")).resolve()
        self.addCleanup(shutil.rmtree, self.clone)
        copy_project(self.clone)
        self.addCleanup(self.remove_cluster)

    def remove_cluster(self) -> None:
        folder = (self.clone / ".postgres").resolve()
        Cluster(folder).stop()
        if folder.parent != self.clone:
            shutil.rmtree(folder)

    def read_until(self, server: subprocess.Popen[str], words: str) -> str:
        """Returns what the server says up to the line with these words; fails with that if it ends or hangs before."""
        timer = threading.Timer(SAFETY_NET_SECONDS, server.kill)
        timer.start()
        self.addCleanup(timer.cancel)
        said = ""
        for line in server.stdout or []:
            said += line
            if words in line:
                return said
        raise AssertionError(f"The server ended with {server.wait()} before it said {words!r}:\n{said}")

    def test_it_starts_from_nothing_and_ends_without_a_trace(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        ours = {"DATABASE_URL", "SECRET_KEY", "JWT_SIGNING_KEY", "MFA_ENCRYPTION_KEYS", "HOST", "PORT"}
        environment = {"PORT": port} | {
            name: value
            for name, value in os.environ.items()
            if name not in ours and not name.startswith("DJANGO_SUPERUSER_")
        }
        server = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", UNTIL_TOLD, "sh", sys.executable, self.clone / "manage.py", "serve"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = self.read_until(server, "Ctrl-C")
        self.assertEqual(finish(server, "stop\n")[0], "")
        self.assertIn(f"http://127.0.0.1:{port}/admin/  (admin, password ", said)
        self.assertEqual(server.returncode, 0)
        self.assertEqual((self.clone / ".env").stat().st_mode & 0o777, 0o600)
        self.assertFalse(Cluster(self.clone / ".postgres").is_alive())
