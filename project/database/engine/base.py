"""Django's PostgreSQL backend for a server: fast reuse of connections, a time limit, and a metric for errors."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

import psycopg2
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property

from common.history_context import add_history_context
from project.errors import first_line
from project.monitoring.metrics import count_database_error, count_statement_errors

logger = logging.getLogger("project.database.engine")
STATEMENT_TIMEOUT = "30s"  # for requests; commands have no limit
TRUSTED_SECONDS = 10  # a connection that was used within this time is not checked before it is used again
is_server = False  # set by project.wsgi


class ErrorWrapper(DatabaseErrorWrapper):
    """Raises OperationalError for a bare DatabaseError, which psycopg2 raises when the server ends in a call."""

    wrapper: Any

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        if exc_type is psycopg2.DatabaseError and exc_value.pgcode is None:
            self.wrapper.errors_occurred = True
            raise OperationalError(*exc_value.args) from exc_value
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a kept connection only if it was idle, and replaces one that turns out to be closed.

    Django checks each connection with `SELECT 1` at the beginning of a request, which costs a round trip. If the
    database restarts within TRUSTED_SECONDS of the last request, the first statement of the next one fails instead. It
    is run again on a new connection if that is safe.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.health_check_done: bool
        self.trusted_until = 0.0
        self.is_untried = False  # whether no statement has run on a kept connection since it was trusted
        # The last one is the innermost: the others see statements without the context of the history.
        self.execute_wrappers += [count_statement_errors, self.retry_on_closed_connection, add_history_context]

    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:
        return ErrorWrapper(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except Exception as error:
            count_database_error(error)
            if is_server:  # a command reports the error itself
                logger.error("No connection to the database: %s", first_line(error))
            raise

    def init_connection_state(self) -> None:
        super().init_connection_state()
        with self.cursor() as cursor:
            # For triggers that need the days of the town. Django sets the time zone of the session itself to UTC.
            cursor.execute("SELECT set_config('townhall.time_zone', %s, false)", [settings.TIME_ZONE])
            if is_server:
                cursor.execute("SET statement_timeout = %s", [STATEMENT_TIMEOUT])

    def close_if_unusable_or_obsolete(self) -> None:
        """Is called by Django before and after each request."""
        is_after_use = self.connection is not None and not self.errors_occurred and self.health_check_done
        super().close_if_unusable_or_obsolete()
        if is_after_use and self.connection is not None:
            self.trusted_until = monotonic() + TRUSTED_SECONDS

    def close_if_health_check_failed(self) -> None:
        if self.connection is not None and not self.health_check_done and monotonic() < self.trusted_until:
            self.health_check_done = self.is_untried = True
        super().close_if_health_check_failed()

    def retry_on_closed_connection(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """Runs the first statement again on a new connection if the old one was closed, as one of `execute_wrappers`.

        Only a SELECT outside a transaction: a write may have been committed before the connection was lost.
        """
        is_first, self.is_untried = self.is_untried, False
        try:
            return execute(sql, params, many, context)
        except (OperationalError, InterfaceError):
            is_safe = is_first and not self.in_atomic_block and str(sql).startswith("SELECT ")
            if not is_safe or self.connection is None or not self.connection.closed:
                raise
        self.close()
        with self.wrap_database_errors:
            self.connect()
        context["cursor"].cursor = self.create_cursor()
        return execute(sql, params, many, context)
