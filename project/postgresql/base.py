"""Django's PostgreSQL with its errors counted: those of statements, and connections that could not be made."""

from typing import Any

from django.db.backends.postgresql import base

from project.metrics import DATABASE_ERRORS, count_errors


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute_wrappers.append(count_errors)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except Exception as error:
            DATABASE_ERRORS.labels(type(error).__name__).inc()
            raise
