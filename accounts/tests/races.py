"""Runs calls at the same moment, in threads with a database connection each."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep
from typing import Any

from django.db import connection

SAFETY_NET_SECONDS = 300  # only ends a test that hangs
# pg_stat_activity would not do: within a transaction it stays as it was first read.
COUNT_BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Returns the results of the calls, in their order. None begins before all threads are ready."""
    ready = Barrier(len(calls), timeout=SAFETY_NET_SECONDS)

    def run(one: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            ready.wait()
            return one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def statuses(answers: Sequence[Any]) -> Counter[int]:
    """Returns the number of answers by status."""
    return Counter(answer.status_code for answer in answers)


def wait_until_blocked(*, is_over: Callable[[], bool]) -> None:
    """Returns once another transaction waits for a lock. Raises AssertionError if `is_over` becomes true first."""
    end = monotonic() + SAFETY_NET_SECONDS
    with connection.cursor() as cursor:
        while monotonic() < end:
            cursor.execute(COUNT_BLOCKED)
            if cursor.fetchone() != (0,):
                return
            if is_over():
                raise AssertionError("The other transaction did not wait for a lock.")
            sleep(0.005)
    raise AssertionError(f"No transaction waited for a lock within {SAFETY_NET_SECONDS} seconds.")
