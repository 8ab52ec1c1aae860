"""Snapshots of the database, its numbers of rows and its sessions."""

import contextlib
import time
from collections.abc import Iterator

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from project.config.environment import from_env
from project.database.role import credentials

SESSION_END_SECONDS = 2  # a session that was just closed is gone by then
# Sessions of the site's roles only: monitoring connects as another user and may continue.
OTHER_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename IN (current_user, %s) AND pid <> pg_backend_pid()
"""


@contextlib.contextmanager
def snapshot() -> Iterator[str]:
    """Opens a snapshot for the queries inside, and yields its name for pg_dump."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # pg_dump may take long
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def tables() -> list[str]:
    return sorted(connection.introspection.table_names())


def count_rows() -> dict[str, int]:
    """Returns the number of rows by table."""
    quote_name = connection.ops.quote_name
    with connection.cursor() as cursor:
        return {table: fetch_count(cursor, f"SELECT count(*) FROM {quote_name(table)}") for table in tables()}  # noqa: S608


def count_other_sessions() -> int:
    """Returns the number of other sessions of this database user and of the role in SERVER_DATABASE_URL."""
    url = from_env("SERVER_DATABASE_URL")
    server = credentials(url)[0] if url else ""
    deadline = time.monotonic() + SESSION_END_SECONDS
    with connection.cursor() as cursor:
        while (others := fetch_count(cursor, OTHER_SESSIONS, server)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return others


def fetch_count(cursor: CursorWrapper, query: str, *values: str) -> int:
    cursor.execute(query, values)
    return int(cursor.fetchone()[0])
