"""The probes, also while the database is away."""

import socket
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Any
from unittest import mock

from django.db import InternalError, ProgrammingError, connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, SimpleTestCase, override_settings
from prometheus_client import REGISTRY

from common.models import CheckedPromise
from project.monitoring import probes
from project.tests.processes import SAFETY_NET_SECONDS
from project.tests.server.servers import eventually


class ProbeTestCase(SimpleTestCase):
    databases = {"default"}

    def setUp(self) -> None:
        self.enterContext(mock.patch.object(probes, "readiness", probes.Readiness()))
        self.enterContext(mock.patch.object(probes, "CHECK_TIMEOUT_SECONDS", SAFETY_NET_SECONDS))

    def ask(self, path: str = "/readyz") -> tuple[int, str]:
        response = Client().get(path)
        return response.status_code, response.content.decode()


class ReadyTests(ProbeTestCase):
    def test_it_is_ready_with_a_database_that_has_every_migration(self) -> None:
        self.assertEqual(self.ask(), (200, "ok\n"))

    def test_a_missing_migration_is_reported(self) -> None:
        recorder = MigrationRecorder(connection)
        recorder.record_unapplied("questions", "0001_initial")
        self.addCleanup(recorder.record_applied, "questions", "0001_initial")
        self.assertEqual(self.ask(), (503, "migrations\n"))

    def test_a_migration_of_a_newer_version_does_not_matter(self) -> None:
        recorder = MigrationRecorder(connection)
        recorder.record_applied("questions", "9999_of_a_newer_version")
        self.addCleanup(recorder.record_unapplied, "questions", "9999_of_a_newer_version")
        self.assertEqual(self.ask(), (200, "ok\n"))

    def elsewhere(self, **settings: Any) -> mock._patch_dict:
        return mock.patch.dict(connections.settings["default"], {"HOST": "127.0.0.1", **settings})

    def test_a_database_that_refuses_is_reported_and_counted(self) -> None:
        before = REGISTRY.get_sample_value("database_errors_total", {"error": "OperationalError"}) or 0
        with self.elsewhere(PORT="1"):
            self.assertEqual(self.ask(), (503, "database\n"))
        self.assertEqual(REGISTRY.get_sample_value("database_errors_total", {"error": "OperationalError"}), before + 1)
        self.assertEqual(self.ask(), (200, "ok\n"))

    def test_a_database_that_does_not_answer_is_asked_once_and_does_not_block(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(SAFETY_NET_SECONDS)
            options = connection.settings_dict["OPTIONS"] | {"connect_timeout": SAFETY_NET_SECONDS}
            with (
                self.elsewhere(PORT=str(silent.getsockname()[1]), OPTIONS=options),
                mock.patch.object(probes, "CHECK_TIMEOUT_SECONDS", 0.1),
            ):
                self.assertEqual(self.ask(), (503, "database\n"))
                first, _ = silent.accept()  # before the settings are those of the real database again
                look = probes.readiness.check or Future()
                self.assertFalse(look.done())
                self.assertEqual(self.ask(), (503, "database\n"))
                self.assertIs(probes.readiness.check, look)
            first.close()
            silent.settimeout(0.2)
            with self.assertRaises(TimeoutError):  # nobody else came
                silent.accept()
        self.assertEqual(look.result(timeout=SAFETY_NET_SECONDS), "database")

    def test_any_other_error_of_the_database_is_reported(self) -> None:
        for error in (ProgrammingError("permission denied"), InternalError()):
            with mock.patch.object(probes, "MigrationLoader", side_effect=error):
                self.assertEqual(self.ask(), (503, "database\n"))

    def test_why_it_cannot_be_reached_is_in_the_log(self) -> None:
        with (
            self.elsewhere(PORT="1"),
            mock.patch("project.database.engine.base.is_server", True),
            self.assertLogs("project.database.engine", "ERROR") as log,
        ):
            self.ask()
        self.assertIn("No connection to the database: connection to server", log.output[0])

    def test_a_request_during_an_overdue_check_is_answered_at_once(self) -> None:
        overdue = mock.Mock(done=lambda: False, result=mock.Mock(side_effect=TimeoutError))
        with (
            mock.patch.object(probes.readiness, "check", overdue),
            mock.patch.object(probes.readiness, "started", monotonic() - probes.CHECK_TIMEOUT_SECONDS),
        ):
            self.assertEqual(self.ask(), (503, "database\n"))
        overdue.result.assert_called_once_with(timeout=0)

    def test_it_leaves_no_connection_behind(self) -> None:
        before = self.connections()
        self.ask()
        eventually(lambda: self.connections() <= before)

    def connections(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return cursor.fetchone()[0]

    def test_an_error_of_the_site_itself_is_500(self) -> None:
        with mock.patch.object(probes, "MigrationLoader", side_effect=ZeroDivisionError), self.assertLogs("django"):
            response = Client(raise_request_exception=False).get("/readyz")
        self.assertEqual(response.status_code, 500)


class AddressTests(ProbeTestCase):
    @override_settings(ALLOWED_HOSTS=["townhall.example"], SECURE_SSL_REDIRECT=True)
    def test_they_answer_by_address_and_without_tls(self) -> None:
        for path in ("/healthz", "/readyz", "/metrics"):
            with self.subTest(path):
                response = Client().get(path, headers={"Host": "10.0.3.7:8000"})
                self.assertEqual((response.status_code, response["Cache-Control"]), (200, "no-store"))
                self.assertEqual(response["X-Content-Type-Options"], "nosniff")

    def test_healthz_touches_nothing(self) -> None:
        with mock.patch.object(connections["default"], "ensure_connection", side_effect=AssertionError):
            self.assertEqual(self.ask("/healthz"), (200, "ok\n"))

    def test_other_verbs_are_refused(self) -> None:
        response = Client(enforce_csrf_checks=True).post("/healthz")
        self.assertEqual((response.status_code, response["Allow"]), (405, "GET, HEAD"))
        self.assertEqual(Client().head("/readyz").status_code, 200)

    def test_metrics_are_prometheus_text(self) -> None:
        response = Client().get("/metrics")
        self.assertTrue(response["Content-Type"].startswith("text/plain; version="))
        self.assertIn(b"# TYPE http_request_duration_seconds histogram", response.content)

    def test_metrics_are_404_for_a_proxied_request(self) -> None:
        for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
            with self.subTest(header):
                self.assertEqual(Client().get("/metrics", headers={header: "10.0.0.7"}).status_code, 404)

    def test_metrics_are_for_the_private_network(self) -> None:
        for address, status in (
            ("10.0.3.7", 200),
            ("fd00::7", 200),
            ("::1", 200),
            ("198.51.100.7", 200),  # set aside for documents, in no network
            ("8.8.8.8", 404),
            ("2606:4700::1", 404),
            ("::ffff:10.0.3.7", 200),
            ("::ffff:8.8.8.8", 404),
            ("", 404),
        ):
            with self.subTest(address):
                self.assertEqual(Client(REMOTE_ADDR=address).get("/metrics").status_code, status)

    @override_settings(METRICS_TOKEN="m" * 32)
    def test_metrics_can_require_a_token(self) -> None:
        for header, status in (
            (f"Bearer {'m' * 32}", 200),
            (f"bearer {'m' * 32}", 200),
            (f"Bearer {'m' * 31}", 401),
            ("Bearer é", 401),
            (f"Token {'m' * 32}", 401),
            ("", 401),
        ):
            with self.subTest(header):
                headers = {"Authorization": header} if header else {}
                response = Client().get("/metrics", headers=headers)
                self.assertEqual(response.status_code, status)
                self.assertEqual(response.get("WWW-Authenticate"), None if status == 200 else "Bearer")
        proxied = {"Authorization": f"Bearer {'m' * 32}", "X-Forwarded-For": "10.0.0.7"}
        self.assertEqual(Client().get("/metrics", headers=proxied).status_code, 404)
        self.assertEqual(Client().get("/healthz").status_code, 200)


class PromiseMetricTests(ProbeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(mock.patch.object(probes, "promises", probes.SharedCheck(probes.checked_promises)))

    def test_metrics_have_what_verify_found_last(self) -> None:
        CheckedPromise.objects.create(name="rankings", violations=3, checked_at=datetime(2026, 3, 1, tzinfo=UTC))
        self.addCleanup(CheckedPromise.objects.all().delete)
        _status, text = self.ask("/metrics")
        self.assertIn('\ntownhall_invariant_violations{name="rankings"} 3.0\n', text)
        self.assertIn('\ntownhall_invariant_checked_timestamp_seconds{name="rankings"} 1.7723232e+09\n', text)

    def test_metrics_do_not_wait_for_a_database_that_does_not_answer(self) -> None:
        never = Event()
        self.addCleanup(never.set)

        def wait() -> list[CheckedPromise]:
            never.wait()
            return []

        with (
            mock.patch.object(probes, "promises", probes.SharedCheck(wait)),
            mock.patch.object(probes, "CHECK_TIMEOUT_SECONDS", 0.1),
        ):
            self.assertIn("http_requests_total", self.ask("/metrics")[1])

    def test_metrics_are_there_without_a_database(self) -> None:
        with mock.patch.dict(connections.settings["default"], {"HOST": "127.0.0.1", "PORT": "1"}):
            self.assertIn("database_errors_total", self.ask("/metrics")[1])
