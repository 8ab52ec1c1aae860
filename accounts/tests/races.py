"""Threads that call at the same moment, each over a connection of its own."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep
from typing import Any

from django.db import connection

SAFETY_NET_SECONDS = 300  # only ends a test that hangs
# Not pg_stat_activity, which stays as it was first read in a transaction.
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What the calls return, in their order; none begins before all threads stand ready."""
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
    """How many answers had which status."""
    return Counter(answer.status_code for answer in answers)


def wait_until_blocked(*, is_over: Callable[[], bool]) -> None:
    """Return once somebody waits for a lock of this transaction; AssertionError where the other one is over first."""
    end = monotonic() + SAFETY_NET_SECONDS
    with connection.cursor() as cursor:
        while monotonic() < end:
            cursor.execute(WAITING)
            if cursor.fetchone() != (0,):
                return
            if is_over():
                raise AssertionError("It did not wait.")
            sleep(0.005)
    raise AssertionError("It ran into no lock.")
