"""Kept connections: not checked when they were used a moment ago, and replaced when they turn out to be closed."""

from typing import Any

from django.db import OperationalError, connections, transaction
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext

from accounts.models import User


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
