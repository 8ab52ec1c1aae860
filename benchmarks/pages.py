"""The first page and the last page of each large list, in milliseconds of the database and the ORM."""

from statistics import median
from time import perf_counter
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from common.pagination import Keyset, Position
from devices.models import Device
from infractions.models import Infraction
from questions.models import Question
from rentals.models import Rental
from scores.models import Score

SIZE, ROUNDS = 20, 21


def lists() -> dict[str, QuerySet[Any]]:
    return {
        "questions": Question.objects.with_authors().with_own_answer_and_vote(AnonymousUser()),
        "devices": Device.objects.without_search_vector(),
        "scores": Score.objects.all(),
        "infractions": Infraction.objects.prefetch_related("vehicle", "officer"),
        "rentals": Rental.objects.all(),
    }


def measure() -> str:
    """Returns a table in Markdown."""
    lines = ["| list | first page, ms | last page, ms | last / first (at most 1.3) |", "|---|---|---|---|"]
    for name, rows in lists().items():
        keyset = Keyset(rows.model)
        last = rows.order_by(*(key.removeprefix("-") for key in rows.model._meta.ordering))[SIZE]
        position = Position(True, [getattr(last, key) for key in keyset.keys])
        first_ms, last_ms = [], []
        for _ in range(ROUNDS):
            first_ms.append(milliseconds(keyset, rows, None))
            last_ms.append(milliseconds(keyset, rows, position))
        first, end = median(first_ms), median(last_ms)
        lines.append(f"| {name} | {first:.2f} | {end:.2f} | {end / first:.2f} |")
    return "\n".join(lines)


def milliseconds(keyset: Keyset, rows: QuerySet[Any], position: Position | None) -> float:
    started = perf_counter()
    keyset.page(rows, size=SIZE, position=position)
    return (perf_counter() - started) * 1000
