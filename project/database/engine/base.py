"""Django's PostgreSQL backend, with a metric for errors and, in a server, a limit on the time of statements."""

import logging
from typing import Any

from django.db.backends.postgresql import base

from project.errors import first_line
from project.monitoring.metrics import count_database_error, count_statement_errors

logger = logging.getLogger("project.database.engine")
STATEMENT_TIMEOUT = "30s"  # for requests; commands have no limit
is_server = False  # set by project.wsgi


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute_wrappers.append(count_statement_errors)

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
        if is_server:
            with self.cursor() as cursor:
                cursor.execute("SET statement_timeout = %s", [STATEMENT_TIMEOUT])
