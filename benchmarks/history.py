"""What the history costs: the same writes with its triggers and without them, in turns."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from statistics import median
from unittest import mock

from django.db import connection

from benchmarks import postgres, settings_without_history, work
from benchmarks.cases import Caller, cases
from benchmarks.load import Call, Maker
from benchmarks.requests import send_and_check, tidy
from benchmarks.servers import Server
from benchmarks.tables import ratio_of, table, verdict

SINGLE_GOAL, BULK_GOAL = 1.15, 1.6
SINGLE_CALLS, BULK_CALLS = 200, 5
TRIGGERS_SQL = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'history\\_%%' ORDER BY 1, 2"

CpuSeconds = Callable[[], float]


@dataclass
class Write:
    """A write; the most CPU that it may take with its history, as a multiple of the same without."""

    name: str
    make: Maker | None  # of calls; None is the daily ranking, which is a command
    goal: float | None = SINGLE_GOAL
    requests: int = SINGLE_CALLS
    cpu_ms: dict[bool, list[float]] = field(
        default_factory=lambda: {True: [], False: []}
    )  # by whether there is history


def writes() -> list[Write]:
    """Returns the writes, with tokens that are valid from now."""
    headers = Caller().admin()

    def bulk(number: int) -> Call:
        return Call("POST", "/api/v3/devices/bulk/", headers, work.devices(number))

    def patch(number: int) -> Call:
        return Call("PATCH", f"/api/v3/books/{1 + number % 1000}/", headers, {"copies": 1000 + number})

    listed = [Write(case.name, case.make) for case in cases() if case.make(0).method != "GET"]
    return [
        *listed,
        Write("book, changed", patch),
        Write("bulk of 1,000 devices", bulk, BULK_GOAL, BULK_CALLS),
        Write("update_daily_ranking, one question in ten due", None, None, 1),
    ]


def switch(*, on: bool) -> None:
    """Enables or disables all triggers of the history."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS_SQL)
        for table_name, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table_name} {'ENABLE' if on else 'DISABLE'} TRIGGER {trigger}")


def measure(*, rounds: int, only: str = "", share: float = 1) -> list[Write]:
    """Measures each write with and without the history, which begin in turns, after a round that warms up."""
    servers = {True: Server("ours"), False: Server("without history")}
    numbers, measured = count(1), {write.name: write for write in writes() if only in write.name}
    try:
        for server in servers.values():
            server.start()
        for number in range(rounds + 1):
            made = {write.name: write.make for write in writes()}  # with new tokens, which last 15 minutes
            for write in measured.values():
                requests = max(round(write.requests * share), 1)
                for on in (True, False) if number % 2 else (False, True):
                    switch(on=on)
                    cpu_ms = measure_round(made[write.name], servers[on], numbers, requests)
                    if number:
                        write.cpu_ms[on].append(cpu_ms)
    finally:
        switch(on=True)
        for server in servers.values():
            server.stop()
    work.delete_bulk()
    return list(measured.values())


def measure_round(make: Maker | None, server: Server, numbers: "count[int]", requests: int) -> float:
    """Returns the milliseconds of CPU that the site and PostgreSQL took for a request, or for the command."""
    if make is None:
        work.make_due()
        context: AbstractContextManager[object] = nullcontext()
        if server.name != "ours":
            context = mock.patch("common.history_context.WRITES", settings_without_history.NOTHING)
        with context:
            return cpu_ms_of(work.update_ranking, time.process_time)
    calls = [make(next(numbers)) for _ in range(requests)]
    used = cpu_ms_of(lambda: send_and_check(server, calls), server.cpu_seconds)
    tidy()
    return used / requests


def cpu_ms_of(action: Callable[[], object], site_seconds: CpuSeconds) -> float:
    before = site_seconds() + (postgres.cpu_seconds() or 0)
    action()
    return (site_seconds() + (postgres.cpu_seconds() or 0) - before) * 1000


def report(measured: list[Write]) -> str:
    """Returns the results in Markdown."""
    heads = ["write", "with history, ms of CPU", "without", "with / without", "goal"]
    return table(heads, [row(write) for write in measured])


def row(write: Write) -> list[object]:
    ratio = ratio_of(write.cpu_ms[True], write.cpu_ms[False])
    figures = [f"{median(write.cpu_ms[on]):.2f}" for on in (True, False)]
    return [write.name, *figures, ratio, verdict(ratio.median, write.goal)]
