"""What a rental costs: one table, each tariff an expression that the database works out.

A rental is charged for every started day of 24 hours, at least one. A list, a single charge and a balance use the same
expression, so that they cannot disagree.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Func, Value, When
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from books.models import BookType

DAYS = models.DecimalField(max_digits=12, decimal_places=0)
MONEY = models.DecimalField(max_digits=14, decimal_places=2)


@dataclass(frozen=True)
class Part:
    """So many days at one rate."""

    days: int
    rate: Decimal


@dataclass(frozen=True)
class Explanation:
    """How a charge comes about: days at their rates, and the `minimum` when they come to less."""

    days: int
    parts: list[Part]
    total: Decimal
    minimum: Decimal | None


@dataclass(frozen=True)
class Rate:
    """`first_rate` a day for the first `first_days` days, `rate` a day after them, at least `minimum`."""

    rate: Decimal
    minimum: Decimal = Decimal(0)
    first_days: int = 0
    first_rate: Decimal = Decimal(0)

    def explained(self, days: int) -> Explanation:
        first = min(days, self.first_days)
        parts = [part for part in (Part(first, self.first_rate), Part(days - first, self.rate)) if part.days]
        total = sum((part.days * part.rate for part in parts), Decimal(0))
        is_less = total < self.minimum
        return Explanation(days, parts, max(total, self.minimum), self.minimum if is_less else None)


Tariff = dict[str, Rate]

CURRENT = "v3"
TARIFFS: dict[str, Tariff] = {
    "v1": {
        BookType.REGULAR: Rate(Decimal("1.00")),
        BookType.FICTION: Rate(Decimal("1.00")),
        BookType.NOVEL: Rate(Decimal("1.00")),
    },
    "v2": {
        BookType.REGULAR: Rate(Decimal("1.50")),
        BookType.FICTION: Rate(Decimal("3.00")),
        BookType.NOVEL: Rate(Decimal("1.50")),
    },
    "v3": {
        BookType.REGULAR: Rate(Decimal("1.50"), minimum=Decimal("2.00"), first_days=2, first_rate=Decimal("1.00")),
        BookType.FICTION: Rate(Decimal("3.00")),
        BookType.NOVEL: Rate(Decimal("1.50"), minimum=Decimal("4.50")),
    },
}


class StartedDays(Func):
    """The started days of 24 hours in an interval: exact to the microsecond, and blind to changes of the clock."""

    template = "GREATEST(1, CEIL(EXTRACT(EPOCH FROM %(expressions)s) / 86400))"
    output_field = DAYS


def started_days(*, at: datetime) -> StartedDays:
    """The days that a rental has been out by `at`: an expression over `Rental`."""
    now = Value(at, output_field=models.DateTimeField())
    out = ExpressionWrapper(Coalesce(F("date_returned"), now) - F("date_rented"), output_field=models.DurationField())
    return StartedDays(out)


def charge(version: str, *, at: datetime) -> Case:
    """What a rental has cost by `at`, in the tariff of a version of the API: an expression over `Rental`."""
    return priced(version, started_days(at=at))


def quote(version: str, days: int) -> Case:
    """What a rental of so many days would cost: an expression over `Book`."""
    return priced(version, Value(days, output_field=DAYS))


def priced(version: str, days: Expression) -> Case:
    """The tariff for that many days: an expression over what has a `book_type`."""
    return Case(
        *(When(book_type=kind, then=Cast(cost(rate, days), MONEY)) for kind, rate in TARIFFS[version].items()),
        output_field=MONEY,
    )


def cost(rate: Rate, days: Expression) -> Combinable:
    amount: Combinable = Value(rate.rate) * days
    if rate.first_days:
        amount += Value(rate.first_rate - rate.rate) * Least(days, Value(rate.first_days))
    return Greatest(amount, Value(rate.minimum), output_field=MONEY) if rate.minimum else amount
