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
Town hall is ready.

  Home      {url}/
  Admin     {url}/admin/  ({admin})
  Swagger   {url}/swagger/
{note}
Press Ctrl-C to stop it.
"""
ALLOWED_HOSTS_NOTE = """
Other machines can use the names and addresses in ALLOWED_HOSTS.
"""


class Command(BaseCommand):
    help = "Prepares the database and the static files, and serves the site with gunicorn on HOST and PORT."

    def handle(self, **options: Any) -> None:
        connection.ensure_connection()
        try:
            admin = prepare()
        except DatabaseError as error:
            raise CommandError(f"The database reports an error: {in_one_line(error)}") from error
        except OSError as error:
            raise CommandError(in_one_line(error)) from error
        connections.close_all()  # the workers are forks, which cannot share a connection
        address.check_available()
        note = ALLOWED_HOSTS_NOTE if address.host_and_port()[0] in address.ALL_INTERFACES else ""
        Server(READY.format(url=address.url(), admin=admin, note=note)).run()


def prepare() -> str:
    """Updates the database and the static files. Returns how to sign in to the admin."""
    with locked(command_line.lock_file(command_line.PROJECT)):  # two processes must not write the same files
        collect_static(command_line.PROJECT / ".run" / "static")
    return str(preparation.prepare(is_first_start=True).admin or sign_in_hint())


def collect_static(stamp: Path) -> None:
    """Collects static files if they have changed. Hashing and compressing them takes three seconds."""
    found = [(path, Path(storage.path(path)).stat()) for finder in get_finders() for path, storage in finder.list([])]
    files = sorted((path, status.st_size, status.st_mtime_ns) for path, status in found)
    state = hashlib.sha256(repr((files, settings.STATIC_ROOT, settings.STORAGES)).encode()).hexdigest()
    if Path(settings.STATIC_ROOT).is_dir() and stamp.exists() and stamp.read_text() == state:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(state)


def sign_in_hint() -> str:
    """Names an existing admin and the command that sets a password."""
    users = get_user_model()
    first = users.objects.filter(is_superuser=True).order_by("pk").first()
    if first is None:
        return "no admin yet; create one: .venv/bin/python manage.py createsuperuser"
    name = first.get_username()
    return f"{name}; to set a new password: .venv/bin/python manage.py changepassword {name}"


class Server(Application):
    """Runs gunicorn in this process with gunicorn.conf.py, and prints a text once the site answers."""

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
            "loglevel": "warning",  # on a laptop only requests are of interest
            "when_ready": self.stop_on_hangup,
            "post_worker_init": self.start_announcement,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from project.wsgi import application

        return application

    def stop_on_hangup(self, arbiter: Arbiter) -> None:
        """Stops the server when the terminal closes. Gunicorn's default is to restart its workers."""
        hangup = signal.SIG_IGN if self.is_nohup else lambda number, frame: arbiter.signal(signal.SIGTERM, frame)
        signal.signal(signal.SIGHUP, hangup)

    def start_announcement(self, worker: Worker) -> None:
        """Starts the announcement in the first worker. A thread in the master would be copied into its forks."""
        if worker.age == 1:
            threading.Thread(target=announce_when_ready, args=[self.ready], daemon=True).start()


def announce_when_ready(text: str) -> None:
    while not is_answering():
        time.sleep(0.05)
    sys.stdout.write(text)
    sys.stdout.flush()


def is_answering() -> bool:
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
