"""What PostgreSQL has counted, and the CPU time that it has used."""

from pathlib import Path

from django.db import connection

from benchmarks.servers import cpu_seconds_of

STATEMENTS_SQL = """
    SELECT sum(calls) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE datname = current_database()
"""
TRANSACTIONS_SQL = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"


def has_statements() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')")
        return bool(cursor.fetchone()[0])


def counted() -> int:
    """Returns the number of statements by pg_stat_statements, or of transactions if it is not installed."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS_SQL if has_statements() else TRANSACTIONS_SQL)
        return int(cursor.fetchone()[0])


def per_request(before: int, requests: int) -> str:
    kind = "" if has_statements() else " transactions"
    return f"{(counted() - before) / max(requests, 1):.1f}{kind}"


def cpu_seconds() -> float | None:
    """Returns the CPU time of PostgreSQL's processes; None if the server is not on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('data_directory')")
        folder = Path(cursor.fetchone()[0])
    try:
        postmaster = int((folder / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return sum(map(cpu_seconds_of, map(int, children)))
    except OSError:
        return None
