"""The first page and the last page of each large list, in milliseconds of the database and the ORM."""

from statistics import median, quantiles
from time import perf_counter
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from benchmarks.tables import Ratio, table, verdict
from books.models import Book
from common.pagination import Keyset, Position
from devices.models import Device
from infractions.models import Infraction
from questions.models import Question
from rentals.models import Rental
from scores.models import Score

SIZE, ROUNDS, LAST_GOAL = 20, 101, 1.3


def lists() -> dict[str, QuerySet[Any]]:
    return {
        "questions": Question.objects.with_authors().with_own_answer_and_vote(AnonymousUser()),
        "devices": Device.objects.without_search_vector(),
        "scores": Score.objects.all(),
        "infractions": Infraction.objects.prefetch_related("vehicle", "officer"),
        "rentals": Rental.objects.all(),
        "books": Book.objects.all(),
    }


def measure_list(rows: QuerySet[Any]) -> tuple[list[float], list[float]]:
    """Returns the milliseconds of the first page and of the last page, round by round in turns."""
    keyset = Keyset(rows.model)
    last = reversed_order(rows)[SIZE]
    position = Position(True, [getattr(last, key) for key in keyset.keys])
    first_ms, last_ms = [], []
    for number in range(ROUNDS + 1):
        first, end = milliseconds(keyset, rows, None), milliseconds(keyset, rows, position)
        if number:  # the first round warms up
            first_ms.append(first)
            last_ms.append(end)
    return first_ms, last_ms


def reversed_order(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by(*(key.removeprefix("-") if key[0] == "-" else f"-{key}" for key in rows.model._meta.ordering))


def measure() -> list[tuple[str, float, float]]:
    """Returns the name of each list, and the medians of its first and its last page in milliseconds."""
    return [(name, median(first), median(last)) for name, (first, last) in measure_all().items()]


def measure_all() -> dict[str, tuple[list[float], list[float]]]:
    return {name: measure_list(rows) for name, rows in lists().items()}


def report(measured: dict[str, tuple[list[float], list[float]]]) -> str:
    """Returns the results in Markdown. The spread is that of the middle half, because a page takes less than 1 ms."""
    rows: list[list[object]] = []
    for name, (first, last) in measured.items():
        low, middle, high = quantiles([b / a for a, b in zip(first, last, strict=True)], n=4)
        ratio = Ratio(middle, low, high)
        rows.append([name, f"{median(first):.2f}", f"{median(last):.2f}", ratio, verdict(ratio.median, LAST_GOAL)])
    return table(["list", "first page, ms", "last page, ms", "last / first (middle half)", "goal"], rows)


def milliseconds(keyset: Keyset, rows: QuerySet[Any], position: Position | None) -> float:
    started = perf_counter()
    keyset.page(rows, size=SIZE, position=position)
    return (perf_counter() - started) * 1000
