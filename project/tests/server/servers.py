"""The site under gunicorn, in a separate process on the test database."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from project.config.environment import from_env
from project.tests.processes import SAFETY_NET_SECONDS


def database_url() -> str:
    """Returns the URL of the current database, for another process."""
    name = connection.settings_dict["NAME"]
    return re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", from_env("DATABASE_URL"), count=1)


class Gunicorn:
    """Runs `gunicorn project.wsgi` with gunicorn.conf.py and further arguments. It logs to stdout."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "gunicorn", "project.wsgi", "--bind", "127.0.0.1:0", *arguments],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": database_url(),
                "DATABASE_URL_FILE": "",
                "DJANGO_SETTINGS_MODULE": "project.tests.server.served_settings",
                "DOTENV": os.devnull,
                "PYTHONWARNINGS": "ignore",
                **environment,
            },
            stdout=self.log,
            stderr=self.errors,
        )
        self.port = self.wait_for_port()

    def wait_for_port(self) -> int:
        deadline = time.monotonic() + SAFETY_NET_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"Listening at: http://127.0.0.1:(\d+)", self.said(self.log)):
                return int(found[1])
            time.sleep(0.05)
        raise AssertionError(self.said(self.errors) or self.said(self.log))

    def said(self, file: Any) -> str:
        return os.pread(file.fileno(), 10_000_000, 0).decode()

    def lines(self) -> list[dict[str, Any]]:
        """Returns the log so far; fails if a line is not JSON."""
        return [json.loads(line) for line in self.said(self.log).splitlines()]

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=SAFETY_NET_SECONDS)

    def get(self, path: str, **headers: str) -> tuple[HTTPResponse, str]:
        connection = self.connect()
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response, body

    def workers(self) -> list[int]:
        """Returns the process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def stop(self) -> None:
        """Stops the server with SIGTERM unless it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(SAFETY_NET_SECONDS)
        self.log.close()
        self.errors.close()


def eventually(look: Any) -> Any:
    """Calls `look` until it returns something true, and returns that. Ignores errors of the connection."""
    deadline = time.monotonic() + SAFETY_NET_SECONDS
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except (OSError, HTTPException):
            pass
        time.sleep(0.05)
    raise AssertionError(f"{look} never returned something true.")
