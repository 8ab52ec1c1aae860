"""Kept connections: not checked when they were used a moment ago, and replaced when they turn out to be closed."""

import socket
from typing import Any
from unittest import mock

import psycopg2
from django.db import DataError, OperationalError, connections, transaction
from django.test import SimpleTestCase, TransactionTestCase, tag
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from project.database.engine import waiting


class KeptConnectionTests(TransactionTestCase):
    def setUp(self) -> None:
        kept: Any = connections.create_connection("default")
        self.kept = kept
        self.kept.health_check_enabled = True
        self.kept.close_at = None
        self.addCleanup(self.kept.close)
        self.request("SELECT 2")

    def request(self, statement: str) -> Any:
        """Runs a statement in a request of its own, and returns its row."""
        self.kept.close_if_unusable_or_obsolete()
        try:
            with self.kept.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchone()
        finally:
            self.kept.close_if_unusable_or_obsolete()

    def close_by_server(self) -> None:
        (process,) = self.request("SELECT pg_backend_pid()")
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [process])

    def checks(self) -> int:
        """Returns how many checks the next request makes."""
        checked = 0
        usable = self.kept.is_usable

        def is_usable() -> bool:
            nonlocal checked
            checked += 1
            return bool(usable())

        self.kept.is_usable = is_usable
        self.request("SELECT 2")
        self.kept.is_usable = usable
        return checked

    def test_a_connection_that_was_used_a_moment_ago_is_not_checked(self) -> None:
        self.assertEqual(self.checks(), 0)

    def test_an_idle_connection_is_checked(self) -> None:
        self.kept.trusted_until = 0.0
        self.assertEqual(self.checks(), 1)

    def test_the_first_select_on_a_closed_connection_runs_again(self) -> None:
        self.close_by_server()
        self.assertEqual(self.request("SELECT 3"), (3,))

    def test_a_database_that_is_away_when_it_runs_again_is_an_operational_error(self) -> None:
        self.close_by_server()
        self.kept.settings_dict = {**self.kept.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
        with self.assertRaises(OperationalError):
            self.request("SELECT 3")

    def test_a_server_that_ends_in_the_middle_of_a_call_is_an_operational_error(self) -> None:
        """psycopg2 raises a DatabaseError then, of no kind and without a code."""
        with self.assertRaises(OperationalError), self.kept.wrap_database_errors:
            raise psycopg2.DatabaseError("server closed the connection unexpectedly")
        self.assertTrue(self.kept.errors_occurred)
        with self.assertRaises(DataError), self.kept.wrap_database_errors:
            raise psycopg2.DataError

    def test_a_write_on_a_closed_connection_fails(self) -> None:
        """It may have been committed before the connection was lost."""
        self.close_by_server()
        with self.assertRaises(OperationalError):
            self.request("UPDATE accounts_user SET name = ''")

    def test_a_select_in_a_transaction_on_a_closed_connection_fails(self) -> None:
        self.close_by_server()
        self.kept.close_if_unusable_or_obsolete()
        connections["kept"] = self.kept
        self.addCleanup(connections.__delitem__, "kept")
        with self.assertRaises(OperationalError), transaction.atomic(using="kept"):
            list(User.objects.using("kept"))

    def test_only_the_first_statement_of_a_request_runs_again(self) -> None:
        self.kept.close_if_unusable_or_obsolete()
        with self.kept.cursor() as cursor, CaptureQueriesContext(self.kept):
            cursor.execute("SELECT pg_backend_pid()")
            process = cursor.fetchone()
            with connections["default"].cursor() as other:
                other.execute("SELECT pg_terminate_backend(%s, 10000)", process)
            with self.assertRaises(OperationalError):
                cursor.execute("SELECT 3")


class WaitingTests(SimpleTestCase):
    """A database that keeps its connections and does not answer."""

    databases = {"default"}

    def setUp(self) -> None:
        waiting.limit_waits()
        self.addCleanup(psycopg2.extensions.set_wait_callback, None)
        self.silent: Any = connections.create_connection("default")
        self.addCleanup(self.silent.close)

    def test_a_statement_ends_with_its_connection(self) -> None:
        self.silent.ensure_connection()
        process = self.silent.connection.info.backend_pid
        with mock.patch.object(waiting, "ANSWER_SECONDS", 0.01), self.assertRaises(OperationalError):
            self.silent.cursor().execute("SELECT pg_sleep(600)")
        self.assertTrue(self.silent.connection.closed)
        with connections["default"].cursor() as other:  # the server itself would sleep on
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [process])

    def test_a_statement_that_is_answered_returns_its_rows(self) -> None:
        with self.silent.cursor() as cursor:
            cursor.execute("SELECT generate_series(1, 10000)")
            self.assertEqual(len(cursor.fetchall()), 10_000)

    @tag("slow")
    def test_a_new_connection_waits_only_as_long_as_it_may(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            where = {"HOST": "127.0.0.1", "PORT": str(server.getsockname()[1])}
            options = {**self.silent.settings_dict["OPTIONS"], "connect_timeout": 1}
            self.silent.settings_dict = {**self.silent.settings_dict, **where, "OPTIONS": options}
            with self.assertRaisesRegex(OperationalError, "not answered for 1 seconds"):
                self.silent.ensure_connection()
