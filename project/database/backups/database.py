"""What the database holds, and who is at it."""

import contextlib
import time
from collections.abc import Iterator

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

LEAVING = 2  # seconds
# Of this user alone: what watches the database signs in as another one, and may stay.
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""


@contextlib.contextmanager
def snapshot() -> Iterator[str]:
    """One moment of the database, for the queries inside and, by the name it gives, for pg_dump."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # pg_dump takes as long as it takes
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def tables() -> list[str]:
    return sorted(connection.introspection.table_names())


def count_rows() -> dict[str, int]:
    """The number of rows by table."""
    with connection.cursor() as cursor:
        return {table: count(cursor, f"SELECT count(*) FROM {connection.ops.quote_name(table)}") for table in tables()}  # noqa: S608


def count_others() -> int:
    """How many other sessions of this database user there are; one that has just been closed is gone in a moment."""
    deadline = time.monotonic() + LEAVING
    with connection.cursor() as cursor:
        while (others := count(cursor, OTHERS)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return others


def count(cursor: CursorWrapper, query: str) -> int:
    cursor.execute(query)
    return int(cursor.fetchone()[0])
