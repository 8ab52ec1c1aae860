import os
import runpy
import shutil
import signal
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import SimpleTestCase, TestCase, override_settings
from django.test.utils import captured_stdout

from accounts.models import User
from books.models import Book
from project.local import command_line
from project.management.commands import serve

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

    def test_later_starts_print_how_to_change_the_password(self) -> None:
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

    def test_it_prints_how_other_machines_reach_it(self) -> None:
        with mock.patch.dict(os.environ, HOST="0.0.0.0"):  # noqa: S104
            server = self.call(mock.Mock(return_value="admin"))
        self.assertIn("ALLOWED_HOSTS", server.call_args.args[0])

    def test_a_database_that_refuses_is_reported_in_one_line(self) -> None:
        with self.assertRaisesMessage(CommandError, "The database reports an error: permission denied"):
            self.call(mock.Mock(side_effect=DatabaseError("permission denied\nLINE 1: CREATE")))

    def test_a_folder_that_cannot_be_written_is_reported_in_one_line(self) -> None:
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

    def test_it_listens_on_the_given_address(self) -> None:
        with mock.patch.dict(os.environ, HOST="::1", PORT="8123", WEB_CONCURRENCY="3"):
            cfg = serve.Server("").cfg
        self.assertEqual((cfg.address, cfg.workers, cfg.threads), ([("::1", 8123)], 3, 4))
        self.assertTrue(cfg.control_socket_disable)

    def test_without_a_number_there_are_two_workers_for_each_cpu_and_one_but_at_most_five(self) -> None:
        file = str(Path(settings.BASE_DIR, "gunicorn.conf.py"))
        with mock.patch.dict(os.environ, WEB_CONCURRENCY=""):
            for cpus, workers in ((None, 3), (1, 3), (2, 5), (64, 5)):
                with self.subTest(cpus=cpus), mock.patch("os.cpu_count", return_value=cpus):
                    self.assertEqual(runpy.run_path(file)["workers"], workers)
        with mock.patch.dict(os.environ, WEB_CONCURRENCY="9"):
            self.assertEqual(runpy.run_path(file)["workers"], 9)

    def test_it_serves_the_site(self) -> None:
        self.assertTrue(callable(serve.Server("").load()))

    def test_a_closed_terminal_ends_the_server_unless_it_was_started_with_nohup(self) -> None:
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

    def test_only_the_first_worker_prints_the_greeting(self) -> None:
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
        """Prints nothing."""


class AnswersTests(SimpleTestCase):
    def test_a_server_on_all_addresses_is_asked_on_the_loopback_address(self) -> None:
        with HTTPServer(("127.0.0.1", 0), Health) as server:
            threading.Thread(target=server.handle_request).start()
            with mock.patch.dict(os.environ, HOST="0.0.0.0", PORT=str(server.server_port)):  # noqa: S104
                self.assertTrue(serve.is_answering())

    def test_a_closed_port_is_no_answer(self) -> None:
        with mock.patch.dict(os.environ, HOST="", PORT="1"):
            self.assertFalse(serve.is_answering())
