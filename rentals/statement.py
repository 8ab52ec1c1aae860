"""The statement of a resident's account over a period: what each rental cost in it, each payment, and the balances."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DateTimeField, F, Prefetch, Q, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least

from accounts.models import User
from books.models import Book
from common.days import day_start
from rentals import tariffs
from rentals.models import Payment, Rental
from rentals.tariffs import MONEY_FIELD, days_between, tariff_expression

MAX_LINES = 500  # rentals, and as many payments
NOTHING = Value(Decimal("0.00"), output_field=MONEY_FIELD)


@dataclass(frozen=True)
class Line:
    """A rental or a payment in a period. `charge` and `payment` are what it adds to and takes from the balance."""

    at: datetime
    rental: Any = None  # with `charge_before`, `charge_after`, `days` and the book
    payment: Payment | None = None

    @property
    def charge(self) -> Decimal | None:
        return None if self.rental is None else self.rental.charge_after - self.rental.charge_before


@dataclass(frozen=True)
class Statement:
    """`opening` + `charges` - `paid` = `closing`: what the resident owes, negative for a credit.

    The sums are over the whole period, also if it `is_cut`: if it has more lines than are shown.
    """

    opening: Decimal
    charges: Decimal
    paid: Decimal
    closing: Decimal
    lines: list[Line]
    is_cut: bool


def charge_until(time: datetime) -> Combinable:
    """Returns an expression over `Rental`: what it had cost at a time, in the current tariff. A void one is free.

    The last day that has started by then counts in full, as in `tariffs.charge`.
    """
    until = Value(time, output_field=DateTimeField())
    end = Least(Coalesce(F("date_returned"), until), until)
    free = [When(date_voided__isnull=False, then=NOTHING), When(date_rented__gte=time, then=NOTHING)]
    return tariff_expression(tariffs.CURRENT, days_between(F("date_rented"), end), *free)


def statement_of(user: User, *, first: date, last: date, at: datetime) -> Statement:
    """Returns the statement from the beginning of the day `first` to the end of `last`, and at most to `at`.

    It is a constant number of statements. At `at` the closing balance is that of `balance_of`.
    """
    begin, end = day_start(first), min(day_start(last + timedelta(days=1)), at)
    rentals, payments = Rental.objects.filter(user=user), Payment.objects.valid().filter(user=user)
    before, after = (charges_at(rentals, time) for time in (begin, end))
    paid = payments.aggregate(
        before=Coalesce(Sum("amount", filter=Q(date_paid__lt=begin)), NOTHING),
        after=Coalesce(Sum("amount", filter=Q(date_paid__lt=end)), NOTHING),
    )
    lines = [Line(rental.date_rented, rental=rental) for rental in rentals_in(rentals, begin, end)]
    payments = payments.filter(date_paid__gte=begin, date_paid__lt=end).order_by("date_paid", "pk")
    lines += [Line(payment.date_paid, payment=payment) for payment in payments[: MAX_LINES + 1]]
    lines.sort(key=lambda line: line.at)
    return Statement(
        opening=before - paid["before"],
        charges=after - before,
        paid=paid["after"] - paid["before"],
        closing=after - paid["after"],
        lines=lines[:MAX_LINES],
        is_cut=len(lines) > MAX_LINES,
    )


def charges_at(rentals: Any, time: datetime) -> Decimal:
    total: Decimal = rentals.order_by().aggregate(total=Coalesce(Sum(charge_until(time)), NOTHING))["total"]
    return total


def rentals_in(rentals: Any, begin: datetime, end: datetime) -> Any:
    """Returns the rentals that were out in a period, and the void ones that began in it, with charges and days."""
    until = Value(end, output_field=DateTimeField())
    was_out = Q(date_voided__isnull=True) & (Q(date_returned__isnull=True) | Q(date_returned__gte=begin))
    rows = rentals.filter(Q(date_rented__gte=begin) | was_out, date_rented__lt=end).annotate(
        charge_before=charge_until(begin),
        charge_after=charge_until(end),
        days=days_between(F("date_rented"), Least(Coalesce(F("date_returned"), until), until)),
    )
    books = Prefetch("book", Book.objects.defer("search", "description"))
    return rows.prefetch_related(books).order_by("date_rented", "pk")[: MAX_LINES + 1]
