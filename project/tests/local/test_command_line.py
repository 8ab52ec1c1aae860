import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import environ
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.test import SimpleTestCase
from django.test.utils import captured_stderr

import manage
from project.errors import StartError
from project.local import command_line, coverage
from project.server import signals
from project.server.signals import at_exit, exit_on_signals

NAMES = {*command_line.KEYS, "DATABASE_URL", "HOST", "PORT", "DEBUG", "HTTPS", "ALLOWED_HOSTS", "SITE_URL"}


class Laptop(SimpleTestCase):
    """Uses an empty project folder and an environment without the project's variables."""

    def setUp(self) -> None:
        self.project = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.project)
        kept = {name: text for name, text in os.environ.items() if name.removesuffix("_FILE") not in NAMES}
        for patcher in (
            mock.patch.dict(os.environ, kept, clear=True),
            mock.patch.object(command_line, "PROJECT", self.project),
            mock.patch.object(command_line.wheel, "cluster_folder"),
            mock.patch.object(signals.atexit, "register"),
            mock.patch.object(command_line.metrics_folder, "create"),
        ):
            patcher.start()
            self.addCleanup(patcher.stop)

    def env(self) -> dict[str, str]:
        lines = (self.project / ".env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    def forget(self) -> None:
        for name in NAMES:
            os.environ.pop(name, None)


class EnvTests(Laptop):
    def test_the_first_start_writes_a_file_that_only_its_owner_can_read(self) -> None:
        command_line.write_missing_keys(self.project)
        env = self.env()
        self.assertEqual((self.project / ".env").stat().st_mode & 0o777, 0o600)
        self.assertEqual((env["DEBUG"], env["HTTPS"]), ("off", "off"))
        self.assertGreaterEqual(len(env["SECRET_KEY"]), 50)
        self.assertGreaterEqual(len(env["JWT_SIGNING_KEY"]), 50)
        self.assertNotEqual(env["SECRET_KEY"], env["JWT_SIGNING_KEY"])
        self.assertEqual(os.environ["SECRET_KEY"], env["SECRET_KEY"])

    def test_later_starts_keep_it(self) -> None:
        command_line.write_missing_keys(self.project)
        before = (self.project / ".env").read_bytes()
        self.forget()
        command_line.load_env_file(self.project / ".env")
        command_line.write_missing_keys(self.project)
        self.assertEqual((self.project / ".env").read_bytes(), before)

    def test_keys_that_are_missing_or_empty_are_added_to_a_copied_example(self) -> None:
        (self.project / ".env").write_text("# SECRET_KEY=\nLOAN_DAYS=14\nexport SECRET_KEY=\nJWT_SIGNING_KEY=mine")
        command_line.load_env_file(self.project / ".env")
        command_line.write_missing_keys(self.project)
        lines = (self.project / ".env").read_text().splitlines()
        self.assertEqual(lines[:3], ["# SECRET_KEY=", "LOAN_DAYS=14", "JWT_SIGNING_KEY=mine"])
        self.assertRegex(lines[3], "^SECRET_KEY=.{50}")
        self.assertEqual(os.environ["SECRET_KEY"], lines[3].partition("=")[2])
        self.assertEqual((self.project / ".env").stat().st_mode & 0o777, 0o600)

    def test_keys_of_the_environment_are_not_written_to_the_file(self) -> None:
        os.environ.update(SECRET_KEY="given", JWT_SIGNING_KEY="given too", MFA_ENCRYPTION_KEYS="given as well")
        command_line.write_missing_keys(self.project)
        self.assertEqual(set(self.env()), {"DEBUG", "HTTPS"})

    def test_two_starts_at_once_use_the_same_keys(self) -> None:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(command_line.write_missing_keys, [self.project] * 4))
        self.assertEqual(os.environ["SECRET_KEY"], self.env()["SECRET_KEY"])
        self.assertEqual((self.project / ".env").read_text().count("SECRET_KEY="), 1)


class PrepareTests(Laptop):
    def setUp(self) -> None:
        super().setUp()
        self.cluster = mock.Mock()
        self.cluster.return_value.enter.return_value = "url"
        patcher = mock.patch.object(command_line.cluster, "Cluster", self.cluster)
        patcher.start()
        self.addCleanup(patcher.stop)
        with socket.socket() as probe:  # a real server may be listening on the default port
            probe.bind(("127.0.0.1", 0))
            os.environ["PORT"] = str(probe.getsockname()[1])

    def test_a_command_gets_keys_and_the_database_of_the_clone(self) -> None:
        with mock.patch.object(signals.signal, "signal"):
            command_line.prepare(["migrate"])
        self.assertEqual(os.environ["DATABASE_URL"], "url")
        self.assertIn("SECRET_KEY", self.env())
        self.cluster.return_value.enter.assert_called_once_with()

    def test_a_command_with_database_url_gets_no_keys_and_no_cluster(self) -> None:
        os.environ["DATABASE_URL"] = "given"
        command_line.prepare(["migrate"])
        self.assertFalse((self.project / ".env").exists())
        self.cluster.assert_not_called()

    def test_the_server_with_database_url_gets_keys(self) -> None:
        os.environ["DATABASE_URL"] = "given"
        command_line.prepare(["serve"])
        self.assertIn("SECRET_KEY", self.env())
        self.assertEqual(os.environ["SITE_URL"], f"http://127.0.0.1:{os.environ['PORT']}")
        command_line.metrics_folder.create.assert_called_once_with()  # type: ignore[attr-defined]

    def test_nothing_is_generated_where_the_wheel_is_not_installed(self) -> None:
        with mock.patch.object(command_line.wheel, "is_installed", return_value=False):
            for arguments in (["migrate"], ["serve"], ["help"]):
                command_line.prepare(arguments)
        self.assertFalse((self.project / ".env").exists())
        self.assertNotIn("SECRET_KEY", os.environ)

    def test_help_starts_and_writes_nothing(self) -> None:
        for arguments in ([], ["help"], ["migrate", "--help"]):
            command_line.prepare(arguments)
        self.cluster.assert_not_called()
        self.assertEqual(list(self.project.iterdir()), [])
        self.assertIn("SECRET_KEY", os.environ)

    def test_tests_get_keys_and_a_database_for_one_run(self) -> None:
        (self.project / ".env").write_text("SECRET_KEY=the developer's\nSECRET_KEY_FILE=/secret\nDEBUG=on\n")
        with mock.patch.object(command_line.migrated_cluster, "start", return_value=("url", mock.Mock())):
            command_line.prepare(["test"])
        env = environ.FileAwareEnv()
        self.assertNotIn("developer", env("SECRET_KEY"))
        self.assertGreaterEqual(len(env("JWT_SIGNING_KEY")), 50)
        self.assertEqual((env("DEBUG"), env("DATABASE_URL")), ("off", "url"))

    def test_tests_use_the_database_that_is_given(self) -> None:
        (self.project / ".env").write_text("DATABASE_URL=written\nLOAN_DAYS=3\n")
        command_line.prepare(["test"])
        self.assertEqual(os.environ["DATABASE_URL"], "written")
        self.assertNotIn("LOAN_DAYS", os.environ)

        os.environ["DATABASE_URL"] = "given"
        command_line.prepare(["test"])
        self.assertEqual(os.environ["DATABASE_URL"], "given")

    def test_a_folder_that_cannot_be_written_is_reported_in_one_line(self) -> None:
        error = OSError(30, "Read-only file system", "/somewhere/.run")
        with (
            mock.patch.object(command_line, "lock_file", side_effect=error),
            self.assertRaisesMessage(StartError, "/somewhere/.run: Read-only file system"),
        ):
            command_line.prepare(["migrate"])


class DeadlockError(Exception):
    pgcode = "40P01"


class RunTests(SimpleTestCase):
    def run_with(self, action: Callable[..., None] | Exception | type[BaseException], *more: str) -> tuple[int, str]:
        with (
            captured_stderr() as stderr,
            mock.patch.object(command_line, "prepare"),
            mock.patch.object(command_line, "execute_from_command_line", side_effect=action),
        ):
            return command_line.run(["manage.py", "migrate", *more]), stderr.getvalue()

    def test_a_command_that_ends_well_gives_0(self) -> None:
        self.assertEqual(self.run_with(lambda arguments: None), (0, ""))

    def test_an_error_at_the_start_is_reported_in_one_line(self) -> None:
        self.assertEqual(self.run_with(ImproperlyConfigured("No key.\nMore.")), (1, "No key.\n"))
        self.assertEqual(self.run_with(StartError("Port in use.")), (1, "Port in use.\n"))

    def test_an_unreachable_database_is_reported_in_one_line(self) -> None:
        told = "The database does not answer: refused\n"
        self.assertEqual(self.run_with(OperationalError("refused\n\tIs it running?")), (1, told))

    def test_an_error_of_a_database_that_answers_keeps_its_traceback(self) -> None:
        error = OperationalError("deadlock detected")
        error.__cause__ = DeadlockError()
        with self.assertRaises(OperationalError):
            self.run_with(error)

    def test_a_traceback_is_shown_on_request(self) -> None:
        with self.assertRaises(ImproperlyConfigured):
            self.run_with(ImproperlyConfigured("No key."), "--traceback")

    def test_measured_tests_are_run_before_django_is_loaded(self) -> None:
        with mock.patch.object(coverage, "run", return_value=2) as run:
            self.assertEqual(command_line.run(["manage.py", "test", "--with-coverage"]), 2)
        run.assert_called_once_with(command_line.PROJECT, ["test", "--with-coverage"])


class ManageTests(SimpleTestCase):
    def run_with(self, outcome: int | type[BaseException] | BaseException) -> tuple[int, str]:
        with captured_stderr() as stderr, mock.patch.object(command_line, "run", side_effect=[outcome]):
            return manage.main(), stderr.getvalue()

    def test_it_returns_the_exit_code_of_the_command(self) -> None:
        self.assertEqual(self.run_with(2), (2, ""))

    def test_ctrl_c_ends_it_quietly(self) -> None:
        self.assertEqual(self.run_with(KeyboardInterrupt), (130, ""))

    def test_a_python_without_the_packages_is_reported_with_the_right_one(self) -> None:
        code, told = self.run_with(ModuleNotFoundError("No module named 'django'", name="django"))
        self.assertEqual(code, 1)
        self.assertIn("then use .venv/bin/python manage.py.\n", told)

    def test_another_missing_module_keeps_its_traceback(self) -> None:
        with self.assertRaises(ModuleNotFoundError):
            self.run_with(ModuleNotFoundError("No module named 'boks'", name="boks"))


class EndTests(SimpleTestCase):
    def setUp(self) -> None:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            self.addCleanup(signal.signal, number, signal.getsignal(number))

    def test_the_action_runs_in_this_process_and_is_not_interrupted(self) -> None:
        action = mock.Mock()
        with mock.patch.object(signals.atexit, "register") as register:
            at_exit(action)
        register.call_args.args[0]()
        action.assert_called_once_with()
        self.assertEqual(signal.getsignal(signal.SIGINT), signal.SIG_IGN)

    def test_a_forked_process_does_not_run_the_action(self) -> None:
        action = mock.Mock()
        with mock.patch.object(signals.atexit, "register") as register:
            at_exit(action)
        with mock.patch.object(os, "getpid", return_value=1):
            register.call_args.args[0]()
        action.assert_not_called()

    def test_sigterm_runs_the_exit_handlers(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        exit_on_signals()
        with self.assertRaises(SystemExit) as raised:
            signal.raise_signal(signal.SIGTERM)
        self.assertEqual(raised.exception.code, 143)
        self.assertEqual(signal.getsignal(signal.SIGHUP), signal.SIG_IGN)


class MeasuredTests(SimpleTestCase):
    def run_with(self, *codes: int) -> tuple[int, list[str]]:
        project = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, project)
        done = [mock.Mock(returncode=code) for code in codes]
        with (
            mock.patch.object(coverage.signal, "signal"),
            mock.patch.object(coverage.subprocess, "run", side_effect=done) as run,
            mock.patch.object(coverage.shutil, "copyfile"),
        ):
            code = coverage.run(project, ["test", "--with-coverage", "books"])
        return code, [" ".join(call.args[0][3:]) for call in run.call_args_list]

    def test_the_tests_are_run_without_the_option_and_reported(self) -> None:
        code, commands = self.run_with(0, 0, 0)
        self.assertEqual(code, 0)
        self.assertEqual(commands, ["run manage.py test books", "combine --quiet", "report --precision=1"])

    def test_a_failed_test_or_a_low_coverage_fails(self) -> None:
        self.assertEqual(self.run_with(1, 0, 0)[0], 1)
        self.assertEqual(self.run_with(0, 0, 2)[0], 2)

    def test_without_data_there_is_no_report(self) -> None:
        self.assertEqual(self.run_with(0, 1), (1, ["run manage.py test books", "combine --quiet"]))
