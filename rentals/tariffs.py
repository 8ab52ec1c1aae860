"""The tariffs: what a rental costs, by API version and type of book.

A rental is charged for every started day of 24 hours, and for at least one. A tariff is an expression that the database
evaluates: lists, single charges and balances use the same one, so they cannot disagree. To change a tariff, change
TARIFFS.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Func, Value, When
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from books.models import BookType
from common.queries import value_or_parameter

DAYS_FIELD = models.DecimalField(max_digits=12, decimal_places=0)
MONEY_FIELD = models.DecimalField(max_digits=14, decimal_places=2)


@dataclass(frozen=True)
class Part:
    """A number of days at one rate."""

    days: int
    rate: Decimal


@dataclass(frozen=True)
class Explanation:
    """How a charge is calculated: the sum of `parts`, or `minimum` (otherwise None) if the sum is less than it."""

    days: int
    parts: list[Part]
    total: Decimal
    minimum: Decimal | None


@dataclass(frozen=True)
class Rate:
    """`first_rate` a day for the first `first_days` days, then `rate` a day, and at least `minimum` in total.

    Amounts are in settings.CURRENCY.
    """

    rate: Decimal
    minimum: Decimal = Decimal(0)
    first_days: int = 0
    first_rate: Decimal = Decimal(0)

    def explain(self, days: int) -> Explanation:
        """Returns the same charge as `expression`, in parts that people can read."""
        first = min(days, self.first_days)
        parts = [part for part in (Part(first, self.first_rate), Part(days - first, self.rate)) if part.days]
        total = sum((part.days * part.rate for part in parts), Decimal(0))
        minimum = self.minimum if total < self.minimum else None
        return Explanation(days, parts, max(total, self.minimum), minimum)

    def expression(self, days: Expression) -> Combinable:
        """Returns the charge for a number of days, as the database evaluates it."""
        amount: Combinable = Value(self.rate) * days
        if self.first_days:
            amount += Value(self.first_rate - self.rate) * Least(days, Value(self.first_days))
        return Greatest(amount, Value(self.minimum), output_field=MONEY_FIELD) if self.minimum else amount


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
    """The started days in an interval, at least 1. A day has 24 hours, also when the clocks change.

    EXTRACT(EPOCH ...) is exact to the microsecond.
    """

    template = "GREATEST(1, CEIL(EXTRACT(EPOCH FROM %(expressions)s) / 86400))"
    output_field = DAYS_FIELD


def started_days(*, at: datetime) -> StartedDays:
    """Returns an expression over `Rental`: the days that it has been out by `at`."""
    now = value_or_parameter(at, models.DateTimeField())
    return days_between(F("date_rented"), Coalesce(F("date_returned"), now))


def days_between(start: Combinable, end: Combinable) -> StartedDays:
    """Returns an expression: the started days between two times."""
    return StartedDays(ExpressionWrapper(end - start, output_field=models.DurationField()))


def charge(version: str, *, at: datetime) -> Case:
    """Returns an expression over `Rental`: its charge by `at`, in the tariff of an API version. A void one is free."""
    free = When(date_voided__isnull=False, then=Value(Decimal("0.00"), output_field=MONEY_FIELD))
    return tariff_expression(version, started_days(at=at), free)


def quote(version: str, days: int) -> Case:
    """Returns an expression over `Book`: the charge for renting it for a number of days."""
    return tariff_expression(version, Value(days, output_field=DAYS_FIELD))


def tariff_expression(version: str, days: Expression, *exceptions: When) -> Case:
    """Returns an expression over a model with a `book_type`: the charge for a number of days, or an exception."""
    return Case(
        *exceptions,
        *(
            When(book_type=book_type, then=Cast(rate.expression(days), MONEY_FIELD))
            for book_type, rate in TARIFFS[version].items()
        ),
        output_field=MONEY_FIELD,
    )
