"""Django's PostgreSQL with its errors counted, those of statements and of connections, and a limit for statements."""

import logging
from typing import Any

from django.db.backends.postgresql import base

from project.errors import first_line
from project.monitoring.metrics import count, count_errors

logger = logging.getLogger("project.database.engine")
STATEMENT_TIMEOUT = "30s"  # of a server, since somebody waits; commands take their time
is_server = False


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute_wrappers.append(count_errors)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except Exception as error:
            count(error)
            if is_server:  # a command says it itself
                logger.error("No connection to the database: %s", first_line(error))
            raise

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if is_server:
            with self.cursor() as cursor:
                cursor.execute("SET statement_timeout = %s", [STATEMENT_TIMEOUT])
