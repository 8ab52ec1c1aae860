"""The id of a request, its line in the log, and what is measured of it."""

import logging
from typing import Any

from django.db import DatabaseError, connection
from django.test import Client
from prometheus_client import REGISTRY

from accounts.tests.cast import CastTestCase, access_token


class RequestsTestCase(CastTestCase):
    def logged(self, path: str, **options: Any) -> logging.LogRecord:
        """Returns the log record of a call."""
        with self.assertLogs("project.monitoring.requests", "DEBUG") as log:
            self.client.get(path, **options)
        (line,) = log.records
        return line


class IdTests(RequestsTestCase):
    def test_a_well_formed_id_is_kept_and_returned(self) -> None:
        for given in ("abc", "A.b_c-9", "x" * 64):
            self.assertEqual(self.client.get("/nothing", headers={"X-Request-ID": given})["X-Request-ID"], given)

    def test_any_other_id_is_replaced(self) -> None:
        for given in ("", "x" * 65, "a b", "a\nb", "é", "{}", "abc\n"):
            with self.subTest(given):
                found = self.client.get("/nothing", headers={"X-Request-ID": given})["X-Request-ID"]
                self.assertRegex(found, r"^[0-9a-f]{32}$")

    def test_every_response_has_an_id(self) -> None:
        for path in ("/", "/healthz", "/api/v3/books/", "/api/v3/nothing/", "/static/nothing.css", "/admin/"):
            with self.subTest(path):
                self.assertIn("X-Request-ID", self.client.get(path))
        self.assertIn("X-Request-ID", self.client.get("/", headers={"Host": "elsewhere.example"}))


class LogTests(RequestsTestCase):
    def test_the_line_names_the_path_without_its_query(self) -> None:
        line: Any = self.logged("/api/v3/books/?q=needle")
        self.assertEqual((line.method, line.path, line.status, line.user_id), ("GET", "/api/v3/books/", 200, None))
        self.assertNotIn("needle", line.getMessage())
        self.assertGreater(line.duration_ms, 0)

    def test_the_path_is_the_one_that_was_asked_for(self) -> None:
        line: Any = self.logged("/api/v3/books")
        self.assertEqual(line.path, "/api/v3/books")

    def test_it_names_the_user_of_a_token_or_a_session(self) -> None:
        line: Any = self.logged("/api/v3/scores/", headers={"Authorization": f"Bearer {access_token(self.reader)}"})
        self.assertEqual(line.user_id, self.reader.pk)
        self.client = Client()
        self.client.force_login(self.reader)
        line = self.logged("/rentals/")
        self.assertEqual(line.user_id, self.reader.pk)

    def test_it_makes_no_query_for_the_user(self) -> None:
        self.client.force_login(self.reader)
        with self.assertNumQueries(0):
            line: Any = self.logged("/swagger.json/nothing")
        self.assertIsNone(line.user_id)

    def test_probes_are_logged_only_when_they_fail(self) -> None:
        self.assertEqual(self.logged("/healthz").levelno, logging.DEBUG)

    def test_a_server_error_is_logged_as_an_error(self) -> None:
        with self.assertLogs("django.request", "ERROR"), self.settings(ROOT_URLCONF="project.tests.api.broken_urls"):
            self.client.raise_request_exception = False
            line: Any = self.logged("/broken")
        self.assertEqual((line.status, line.levelno), (500, logging.ERROR))


class MetricsTests(RequestsTestCase):
    def count(self, name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0

    def test_answers_are_counted_by_view_and_status(self) -> None:
        for path, view, status in (
            ("/api/v3/books/", "books", "200"),
            ("/api/v1/books/", "books", "200"),
            ("/api/v3/books/1234567/", "book", "404"),
            ("/accounts/login/", "pages:login", "200"),
            ("/nowhere/at/all", "none", "404"),
        ):
            with self.subTest(path):
                labels = {"view": view, "method": "GET", "status": status}
                before = self.count("http_requests_total", **labels)
                self.client.get(path)
                self.assertEqual(self.count("http_requests_total", **labels), before + 1)

    def test_durations_fall_into_buckets(self) -> None:
        before = self.count("http_request_duration_seconds_count", view="books", method="GET")
        self.client.get("/api/v3/books/")
        self.assertEqual(self.count("http_request_duration_seconds_count", view="books", method="GET"), before + 1)
        self.assertGreater(self.count("http_request_duration_seconds_sum", view="books", method="GET"), 0)

    def test_an_unknown_method_makes_no_new_metric(self) -> None:
        self.client.generic("FROBNICATE", "/nothing")
        self.assertEqual(self.count("http_requests_total", view="none", method="FROBNICATE", status="404"), 0)
        self.assertGreater(self.count("http_requests_total", view="none", method="other", status="404"), 0)

    def test_probes_are_not_counted(self) -> None:
        self.client.get("/healthz")
        self.assertEqual(self.count("http_requests_total", view="none", method="GET", status="200"), 0)

    def test_errors_of_the_database_are_counted_by_kind(self) -> None:
        before = self.count("database_errors_total", error="ProgrammingError")
        with self.assertRaises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        self.assertEqual(self.count("database_errors_total", error="ProgrammingError"), before + 1)
