"""All that script/server does once the packages are there."""

import hashlib
import signal
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, connections
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from project.database import preparation
from project.errors import in_one_line
from project.local import command_line
from project.local.locks import locked
from project.server import address

READY = """
Town hall is open.

  Home      {url}/
  Admin     {url}/admin/  ({admin})
  Swagger   {url}/swagger/
{note}
Ctrl-C stops it.
"""
NOTE = """
Other machines reach it by the names and addresses in ALLOWED_HOSTS.
"""


class Command(BaseCommand):
    help = "Prepare the database and the static files, and serve the site with gunicorn on HOST and PORT."

    def handle(self, **options: Any) -> None:
        connection.ensure_connection()
        try:
            admin = prepare()
        except DatabaseError as error:
            raise CommandError(f"The database refuses: {in_one_line(error)}") from error
        except OSError as error:
            raise CommandError(in_one_line(error)) from error
        connections.close_all()  # the workers are forks, and a connection cannot be shared
        address.check()
        note = NOTE if address.host_and_port()[0] in address.EVERYWHERE else ""
        Server(READY.format(url=address.url(), admin=admin, note=note)).run()


def prepare() -> str:
    """Bring database and static files up to date; gives how to sign in to the admin."""
    with locked(command_line.lock_file(command_line.PROJECT)):  # two at once would write the same files
        collect_static(command_line.PROJECT / ".run" / "static")
    return str(preparation.prepare(is_first_start=True).admin or how_to_change())


def collect_static(stamp: Path) -> None:
    """Only after a change: hashing and compressing them again takes three seconds."""
    found = [(path, Path(storage.path(path)).stat()) for finder in get_finders() for path, storage in finder.list([])]
    files = sorted((path, status.st_size, status.st_mtime_ns) for path, status in found)
    state = hashlib.sha256(repr((files, settings.STATIC_ROOT, settings.STORAGES)).encode()).hexdigest()
    if Path(settings.STATIC_ROOT).is_dir() and stamp.exists() and stamp.read_text() == state:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(state)


def how_to_change() -> str:
    users = get_user_model()
    first = users.objects.filter(is_superuser=True).order_by("pk").first()
    if first is None:
        return "there is none: .venv/bin/python manage.py createsuperuser"
    return f"{first.get_username()}; another password: .venv/bin/python manage.py changepassword {first.get_username()}"


class Server(Application):
    """gunicorn in this process, set up by gunicorn.conf.py; says that it is ready once it answers."""

    def __init__(self, ready: str) -> None:
        self.ready = ready
        self.is_nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        super().__init__()

    def load_config(self) -> None:
        self.load_config_from_file(str(command_line.PROJECT / "gunicorn.conf.py"))
        host, port = address.host_and_port()
        options = {
            "bind": f"{address.in_brackets(host)}:{port}",
            "workers": address.workers(),
            "loglevel": "warning",  # who reads this on a laptop wants to see requests
            "when_ready": self.end_with_the_terminal,
            "post_worker_init": self.greet,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from project.wsgi import application

        return application

    def end_with_the_terminal(self, arbiter: Arbiter) -> None:
        """At a hangup gunicorn would start its workers anew, and go on without a terminal."""
        hangup = signal.SIG_IGN if self.is_nohup else lambda number, frame: arbiter.signal(signal.SIGTERM, frame)
        signal.signal(signal.SIGHUP, hangup)

    def greet(self, worker: Worker) -> None:
        """In the first worker, because a thread in the master would be forked with it."""
        if worker.age == 1:
            threading.Thread(target=say_when_it_answers, args=[self.ready], daemon=True).start()


def say_when_it_answers(text: str) -> None:
    while not answers():
        time.sleep(0.05)
    sys.stdout.write(text)
    sys.stdout.flush()


def answers() -> bool:
    host, port = address.host_and_port()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    server = HTTPConnection(host, port, timeout=5)
    try:
        server.request("GET", "/healthz")
        return server.getresponse().status < 400
    except (OSError, HTTPException):
        return False
    finally:
        server.close()
