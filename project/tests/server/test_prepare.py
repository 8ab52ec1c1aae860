"""The command that a container runs before the server: real processes on a real, empty database."""

import contextlib
import io
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import environ
import psycopg2
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import SimpleTestCase, TestCase, override_settings

from accounts.models import User
from accounts.tests.cast import make_user
from books.models import Book
from project.database import preparation
from project.tests.processes import SAFETY_NET_SECONDS, finish

ADMIN = {f"DJANGO_SUPERUSER_{name}": "" for name in ("USERNAME", "EMAIL", "PASSWORD")}
KEYS = {"SECRET_KEY": "0123456789abcdef" * 4, "JWT_SIGNING_KEY": "fedcba9876543210" * 4}
KEYS["MFA_ENCRYPTION_KEYS"] = "9876543210fedcba" * 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def url(port: int, name: str) -> str:
    """Returns the URL of a database of the test server, over TCP through one of our ports."""
    parameters = connection.get_connection_params()
    password = quote(parameters.get("password", ""), safe="")
    return f"postgresql://{parameters['user']}:{password}@127.0.0.1:{port}/{name}?sslmode=disable"


def server(name: str) -> psycopg2.extensions.connection:
    """Opens a separate session, in autocommit, on a database of the test server."""
    session = psycopg2.connect(**(connection.get_connection_params() | {"dbname": name}))
    session.autocommit = True
    return session


def start(database: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "prepare", *arguments]
    environment = os.environ | ADMIN | KEYS | {"DATABASE_URL": database, "DOTENV": os.devnull} | environment
    return subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def first_line(process: subprocess.Popen[str]) -> str:
    return process.stderr.readline() if process.stderr else ""


class Doorway:
    """Forwards a TCP port to the test server once it is opened."""

    def __init__(self, port: int) -> None:
        self.port = port

    def open(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                ours = self.server()
                for ends in ((client, ours), (ours, client)):
                    threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def server(self) -> socket.socket:
        parameters = connection.get_connection_params()
        host, port = str(parameters.get("host") or "127.0.0.1"), int(parameters.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        ours = socket.socket(socket.AF_UNIX)
        ours.connect(str(Path(host, f".s.PGSQL.{port}")))
        return ours

    def carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            end.close()


class StartTests(SimpleTestCase):
    """Containers that start at the same time as an empty database."""

    def setUp(self) -> None:
        self.name = f"test_prepare_{secrets.token_hex(4)}"
        self.doorway = Doorway(free_port())
        self.execute("postgres", f"CREATE DATABASE {self.name}")
        self.addCleanup(self.execute, "postgres", f"DROP DATABASE {self.name} WITH (FORCE)")

    def execute(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(server(database)) as session, session.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def test_two_containers_that_wait_for_the_database_prepare_it_once(self) -> None:
        both = [start(url(self.doorway.port, self.name), "--first-start") for _ in range(2)]
        for process in both:
            self.assertIn("Waiting for the database: ", first_line(process))
        self.doorway.open()
        self.addCleanup(self.doorway.close)
        said = sorted(map(finish, both), key=lambda texts: len(texts[0]))
        self.assertEqual([process.returncode for process in both], [0, 0], said)

        self.assertEqual(said[0][0], "Nothing to do: all migrations are applied and there are users.\n")
        self.assertEqual(said[0][1], "Waiting for another process that prepares this database.\n")
        done = r"\nMigrations applied: (\d+).\nFirst admin: admin, password (\S+)\nDemo data: loaded.\n\Z"
        self.assertRegex(said[1][0], done)
        [(migrations, password)] = re.findall(done, said[1][0])
        rows = self.execute(self.name, "SELECT count(*), count(DISTINCT (app, name)) FROM django_migrations")[0]
        self.assertEqual(rows, (int(migrations), int(migrations)))
        admins = self.execute(self.name, "SELECT username, password FROM accounts_user WHERE is_superuser")
        self.assertEqual([name for name, _ in admins], ["admin"])
        self.assertTrue(check_password(password, admins[0][1]))
        self.assertGreater(self.execute(self.name, "SELECT count(*) FROM books_book")[0][0], 0)

    def test_a_database_that_never_answers_is_reported_in_one_line(self) -> None:
        process = start(url(self.doorway.port, self.name), "--wait", "1")
        out, err = finish(process)
        self.assertEqual((process.returncode, out), (1, ""))
        self.assertRegex(
            err, r"\AWaiting for the database: .+\nCommandError: The database did not answer within 1 s: .+\n\Z"
        )


class WaitTests(SimpleTestCase):
    databases = {"default"}

    def elsewhere(self, **changed: Any) -> AbstractContextManager[object]:
        other = connection.copy()
        other.settings_dict = connection.settings_dict | changed
        return mock.patch.object(preparation, "connection", other)

    def test_an_error_that_waiting_cannot_solve_is_reported_at_once(self) -> None:
        with (
            self.elsewhere(NAME="test_nothing_here"),
            mock.patch.object(preparation.time, "sleep") as sleep,
            self.assertRaisesMessage(CommandError, "The database refuses the connection: "),
        ):
            call_command("prepare", "--wait", "60")
        sleep.assert_not_called()

    def test_the_command_waits_for_a_server_that_starts_or_is_busy(self) -> None:
        for said, is_permanent in (
            ("FATAL:  the database system is starting up", False),
            ("FATAL:  sorry, too many clients already", False),
            ('could not translate host name "db" to address: Name or service not known', False),
            ('FATAL:  password authentication failed for user "townhall"', True),
        ):
            self.assertEqual(preparation.is_permanent(OperationalError(said)), is_permanent, said)

    def test_a_wrong_number_of_seconds_is_refused(self) -> None:
        for given in ("-1", "soon", "1.5"):
            with self.assertRaisesMessage(CommandError, "must be a whole number of seconds"):
                call_command("prepare", f"--wait={given}")


class LockTests(SimpleTestCase):
    databases = {"default"}

    def test_a_waiting_process_does_not_block_create_index_concurrently(self) -> None:
        with contextlib.closing(server(connection.settings_dict["NAME"])) as holder, holder.cursor() as cursor:
            cursor.execute("CREATE TABLE prepare_probe (number integer)")
            self.addCleanup(self.execute, "DROP TABLE prepare_probe")
            cursor.execute("SET statement_timeout = %s", [f"{SAFETY_NET_SECONDS}s"])
            cursor.execute("SELECT pg_advisory_lock(%s)", [preparation.ADVISORY_LOCK_ID])
            waits, came_in = threading.Event(), threading.Event()
            thread = threading.Thread(target=self.come_in, args=[waits, came_in])
            with mock.patch.object(preparation, "announce", side_effect=lambda line: waits.set()):
                thread.start()
                self.assertTrue(waits.wait(SAFETY_NET_SECONDS))
                cursor.execute("CREATE INDEX CONCURRENTLY ON prepare_probe (number)")
                self.assertFalse(came_in.is_set())
                cursor.execute("SELECT pg_advisory_unlock(%s)", [preparation.ADVISORY_LOCK_ID])
                thread.join(SAFETY_NET_SECONDS)
        self.assertTrue(came_in.is_set())

    def test_the_lock_is_released_after_a_failure(self) -> None:
        with self.assertRaises(ValueError), preparation.preparation_lock():
            raise ValueError
        with contextlib.closing(server(connection.settings_dict["NAME"])) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [preparation.ADVISORY_LOCK_ID])
            self.assertEqual(cursor.fetchone(), (True,))

    def come_in(self, waits: threading.Event, came_in: threading.Event) -> None:
        with contextlib.closing(connection), preparation.preparation_lock():
            came_in.set()

    def execute(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)


class FirstStartTests(TestCase):
    def prepare(self, *arguments: str, **environment: str) -> str:
        out = io.StringIO()
        with mock.patch.dict(os.environ, ADMIN | environment):
            call_command("prepare", *arguments, stdout=out)
        return out.getvalue()

    @override_settings(DEMO_DATA=False)
    def test_without_demo_data_only_an_admin_is_made(self) -> None:
        self.assertRegex(
            self.prepare("--first-start"), r"\AFirst admin: admin, password \S{16}\nDemo data: not loaded.\n\Z"
        )
        self.assertEqual((User.objects.count(), Book.objects.count()), (1, 0))

    def test_a_database_with_users_gets_no_admin_and_no_demo_data(self) -> None:
        make_user("ann")
        self.assertIn("Nothing to do", self.prepare("--first-start"))
        self.assertEqual((User.objects.count(), Book.objects.count()), (1, 0))

    def test_without_the_option_no_user_is_made(self) -> None:
        self.assertEqual(self.prepare(), "Nothing to do: all migrations are applied.\n")
        self.assertEqual((User.objects.count(), Book.objects.count()), (0, 0))

    @override_settings(DEMO_DATA=False)
    def test_a_given_password_can_come_from_a_file_and_is_not_shown(self) -> None:
        self.addCleanup(environ.FileAwareEnv.ENVIRON.files_cache.clear)
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("four-words-of-hers\n")
            file.flush()
            said = self.prepare("--first-start", DJANGO_SUPERUSER_PASSWORD_FILE=file.name)
        self.assertIn("First admin: admin, password from DJANGO_SUPERUSER_PASSWORD\n", said)
        self.assertTrue(User.objects.get().check_password("four-words-of-hers"))

    def test_a_password_that_is_easy_to_guess_is_refused_in_one_line(self) -> None:
        for password in ("admin", "administrator1", "password1234", "1234567890123"):
            with self.subTest(password=password), self.assertRaises(CommandError) as refused:
                self.prepare("--first-start", DJANGO_SUPERUSER_PASSWORD=password)
            self.assertRegex(str(refused.exception), r"\ADJANGO_SUPERUSER_PASSWORD cannot be used\. [^\n]+\Z")
            self.assertNotIn(password, str(refused.exception))
        self.assertFalse(User.objects.exists())

    def test_no_admin_is_made_if_the_demo_data_fail(self) -> None:
        with (
            mock.patch("project.tools.dummy.demo_load", side_effect=ValueError),
            self.assertRaises(ValueError),
        ):
            self.prepare("--first-start")
        self.assertFalse(User.objects.exists())
