import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest import mock, skipUnless

from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import SimpleTestCase, TestCase, override_settings
from django.test.utils import captured_stdout

from accounts.models import User
from books.models import Book
from project.local import command_line
from project.local.cluster import Cluster
from project.local.wheel import is_installed
from project.management.commands import serve
from project.tests.clones import copy_project
from project.tests.processes import SAFETY_NET_SECONDS, finish

# Becomes the server, which ends at a line on stdin, or when this process dies and stdin closes.
UNTIL_TOLD = 'exec 3<&0; { read -r _ <&3; kill $$; } >/dev/null 2>&1 & exec "$@" 3<&-'
ADMIN = {"DJANGO_SUPERUSER_USERNAME": "", "DJANGO_SUPERUSER_EMAIL": "", "DJANGO_SUPERUSER_PASSWORD": ""}


class PrepareTests(TestCase):
    def setUp(self) -> None:
        patcher = mock.patch.object(serve, "collect_static")
        patcher.start()
        self.addCleanup(patcher.stop)

    def prepare(self, **environment: str) -> str:
        with mock.patch.dict(os.environ, ADMIN | environment):
            return serve.prepare()

    def test_the_first_start_makes_an_admin_and_a_catalog(self) -> None:
        User.objects.all().delete()
        Book.objects.all().delete()
        name, _, password = self.prepare().partition(", password ")
        self.assertEqual(name, "admin")
        self.assertTrue(User.objects.get(username="admin", is_superuser=True).check_password(password))
        self.assertTrue(Book.objects.exists())

    def test_a_given_admin_is_made_and_the_password_not_shown(self) -> None:
        User.objects.all().delete()
        given = {"USERNAME": "clerk", "EMAIL": "clerk@town.example", "PASSWORD": "four-words-of-hers"}
        shown = self.prepare(**{f"DJANGO_SUPERUSER_{name}": value for name, value in given.items()})
        self.assertEqual(shown, "clerk, password from DJANGO_SUPERUSER_PASSWORD")
        clerk = User.objects.get(username="clerk")
        self.assertEqual((clerk.email, clerk.check_password(given["PASSWORD"])), (given["EMAIL"], True))

    def test_later_starts_tell_how_to_change_the_password(self) -> None:
        User.objects.all().delete()
        User.objects.create_superuser(username="chief", password="x")
        self.assertIn("changepassword chief", self.prepare())
        self.assertFalse(User.objects.filter(username="admin").exists())


class CollectStaticTests(SimpleTestCase):
    def test_files_are_collected_again_only_after_a_change(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        with override_settings(STATIC_ROOT=str(folder)), mock.patch.object(serve, "call_command") as collect:
            for _ in range(2):
                serve.collect_static(folder / "stamp")
            self.assertEqual(collect.call_count, 1)
            (folder / "stamp").write_text("of other files")
            serve.collect_static(folder / "stamp")
            self.assertEqual(collect.call_count, 2)


class CommandTests(TestCase):
    def call(self, prepare: mock.Mock) -> mock.Mock:
        project = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, project)
        with (
            mock.patch.object(command_line, "PROJECT", project),
            mock.patch.object(serve, "prepare", prepare),
            mock.patch.object(serve.address, "check_available"),
            mock.patch.object(serve.connections, "close_all"),
            mock.patch.object(serve, "Server") as server,
        ):
            call_command("serve")
        return server

    def test_it_serves_what_it_prepared(self) -> None:
        server = self.call(mock.Mock(return_value="admin, password secret"))
        self.assertIn("/admin/  (admin, password secret)", server.call_args.args[0])
        self.assertNotIn("ALLOWED_HOSTS", server.call_args.args[0])
        server.return_value.run.assert_called_once_with()

    def test_it_tells_how_other_machines_reach_it(self) -> None:
        with mock.patch.dict(os.environ, HOST="0.0.0.0"):  # noqa: S104
            server = self.call(mock.Mock(return_value="admin"))
        self.assertIn("ALLOWED_HOSTS", server.call_args.args[0])

    def test_a_database_that_refuses_is_told_in_one_line(self) -> None:
        with self.assertRaisesMessage(CommandError, "The database reports an error: permission denied"):
            self.call(mock.Mock(side_effect=DatabaseError("permission denied\nLINE 1: CREATE")))

    def test_a_folder_that_cannot_be_written_is_told_in_one_line(self) -> None:
        with self.assertRaisesMessage(CommandError, "/static: Permission denied"):
            self.call(mock.Mock(side_effect=PermissionError(13, "Permission denied", "/static")))


class ServerTests(SimpleTestCase):
    def setUp(self) -> None:
        for patcher in (  # what would last
            mock.patch("project.monitoring.metrics_folder.create"),
            mock.patch("logging.config.dictConfig"),
            mock.patch("project.database.engine.base.is_server", False),
        ):
            patcher.start()
            self.addCleanup(patcher.stop)

    def test_it_listens_where_it_is_told(self) -> None:
        with mock.patch.dict(os.environ, HOST="::1", PORT="8123", WEB_CONCURRENCY="3"):
            cfg = serve.Server("").cfg
        self.assertEqual((cfg.address, cfg.workers, cfg.threads), ([("::1", 8123)], 3, 4))
        self.assertTrue(cfg.control_socket_disable)

    def test_it_serves_the_site(self) -> None:
        self.assertTrue(callable(serve.Server("").load()))

    def test_a_closed_terminal_ends_it_unless_it_was_started_with_nohup(self) -> None:
        before = signal.getsignal(signal.SIGHUP)
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        arbiter = mock.Mock()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        serve.Server("").stop_on_hangup(arbiter)
        signal.raise_signal(signal.SIGHUP)
        self.assertEqual(arbiter.signal.call_args.args[0], signal.SIGTERM)

        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        serve.Server("").stop_on_hangup(arbiter)
        self.assertEqual(signal.getsignal(signal.SIGHUP), signal.SIG_IGN)

    def test_the_first_worker_alone_greets_once_it_answers(self) -> None:
        with mock.patch.object(serve, "is_answering", side_effect=[False, True]), captured_stdout() as stdout:
            serve.announce_when_ready("open")
        self.assertEqual(stdout.getvalue(), "open")
        with mock.patch.object(serve.threading, "Thread") as thread:
            for age in (1, 2):
                serve.Server("open").start_announcement(mock.Mock(age=age))
        thread.assert_called_once_with(target=serve.announce_when_ready, args=["open"], daemon=True)


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 400)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Silent."""


class AnswersTests(SimpleTestCase):
    def test_it_asks_on_this_machine_also_where_all_may_come(self) -> None:
        with HTTPServer(("127.0.0.1", 0), Health) as server:
            threading.Thread(target=server.handle_request).start()
            with mock.patch.dict(os.environ, HOST="0.0.0.0", PORT=str(server.server_port)):  # noqa: S104
                self.assertTrue(serve.is_answering())

    def test_nobody_there_is_no_answer(self) -> None:
        with mock.patch.dict(os.environ, HOST="", PORT="1"):
            self.assertFalse(serve.is_answering())


@skipUnless(is_installed(), "the wheel is not installed")
class WholeTests(SimpleTestCase):
    """A clone that was never started, from nothing to the end."""

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
        ours = {"DATABASE_URL", "SECRET_KEY", "JWT_SIGNING_KEY", "HOST", *ADMIN}
        environment = {name: value for name, value in os.environ.items() if name not in ours} | {"PORT": port}
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
