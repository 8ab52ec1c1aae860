"""Threads that call at the same moment, each over a connection of its own."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What the calls return, in their order; none begins before all threads stand ready."""
    ready = Barrier(len(calls), timeout=20)

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
