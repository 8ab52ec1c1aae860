"""Django's PostgreSQL with its errors counted, those of statements and of connections, and a limit for statements."""

import logging
from typing import Any

from django.db.backends.postgresql import base

from project.metrics import count, count_errors

logger = logging.getLogger("project.postgresql")
statement_seconds: int | None = None  # for a statement of a server, which somebody waits for; commands take their time


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute_wrappers.append(count_errors)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except Exception as error:
            count(error)
            logger.error("No connection to the database: %s", str(error).strip().partition("\n")[0])
            raise

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if statement_seconds is not None:
            with self.cursor() as cursor:
                cursor.execute("SET statement_timeout = %s", [f"{statement_seconds}s"])
