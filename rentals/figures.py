"""The figures of the library desk and the accounts desk on the dashboard."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Max, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.admin.figures import (
    Chart,
    Figure,
    Number,
    Piece,
    Point,
    Row,
    Table,
    day_and_month,
    list_url,
    number_of,
    page_url,
    totals,
)
from common.days import Span, in_week, last_days, on_day
from rentals.models import Debt, Hold, Payment, Rental

MAX_LONGEST_OVERDUE = 5  # rows


def library(*, at: datetime) -> list[Piece]:
    """Returns the figures of rentals at `at`."""
    rentals = Rental.objects.all()
    week = in_week("date_due", timezone.localdate(at))
    due = rentals.open().not_overdue(at=at).filter(**week.lookups)
    return [
        Figure(_("Books rented out"), number_of(rentals.open(), status="rented")),
        Figure(_("Overdue"), number_of(rentals.overdue(at=at), overdue="yes")),
        Figure(_("Long overdue"), number_of(rentals.long_overdue(at=at), overdue="long")),
        Figure(_("Due this week"), number_of(due, status="rented", overdue="no", **week.parameters)),
        longest_overdue(at=at),
        rentals_by_day(at=at),
    ]


def longest_overdue(*, at: datetime) -> Table:
    rentals = Rental.objects.overdue(at=at).select_related("user", "book").defer("book__search")
    return Table(
        _("Longest overdue"),
        (_("Resident"), _("Book"), _("Days overdue")),
        [
            Row(page_url(rental), (rental.user.get_short_name(), rental.book.name, (at - rental.date_due).days))
            for rental in rentals.order_by("date_due", "ref")[:MAX_LONGEST_OVERDUE]
        ],
        empty=_("No rentals are overdue."),
    )


def rentals_by_day(*, at: datetime) -> Chart:
    days = last_days(14, at=at)
    counts = totals(
        Rental.objects.valid().filter(**Span("date_rented", days[0], days[-1]).lookups), "date_rented", "day"
    )
    points = [
        Point(
            day_and_month(day), [Number(counts.get(day, 0), list_url(Rental, **on_day("date_rented", day).parameters))]
        )
        for day in days
    ]
    empty = _("No rentals in the last 14 days.")
    return Chart(_("Rentals in the last 14 days"), _("Day"), [_("Rentals")], points, empty)


def holds(*, at: datetime) -> list[Piece]:
    """Returns the figures of holds."""
    return [Figure(_("Ready to be picked up"), number_of(Hold.objects.ready(), status="ready"))]


def debts(*, at: datetime) -> list[Piece]:
    """Returns what all residents owe, as it was last counted."""
    found = Debt.objects.aggregate(amount=Sum("amount"), count=Count("pk"), counted_at=Max("counted_at"))
    amount = Number(found["amount"] or Decimal(0), list_url(Debt), settings.CURRENCY)
    if found["counted_at"] is None:
        return [Figure(_("Owed in all"), amount)]
    words = {
        "count": found["count"],
        "time": date_format(timezone.localtime(found["counted_at"]), "SHORT_DATETIME_FORMAT"),
    }
    note = ngettext("%(count)s resident, at %(time)s", "%(count)s residents, at %(time)s", found["count"]) % words
    return [Figure(_("Owed in all"), amount, note)]


def payments(*, at: datetime) -> list[Piece]:
    """Returns the figures of payments at `at`. Void payments do not count."""
    today = timezone.localdate(at)
    return [
        payments_figure(_("Today"), on_day("date_paid", today)),
        payments_figure(_("This month"), Span("date_paid", today.replace(day=1), today)),
        payments_by_day(at=at),
    ]


def payments_figure(label: str, days: Span) -> Figure:
    found = Payment.objects.valid().filter(**days.lookups).aggregate(amount=Sum("amount"), count=Count("pk"))
    note = ngettext("%(count)s payment", "%(count)s payments", found["count"]) % {"count": found["count"]}
    return Figure(label, payments_number(found["amount"], days), note)


def payments_by_day(*, at: datetime) -> Chart:
    days = last_days(30, at=at)
    rows = Payment.objects.valid().filter(**Span("date_paid", days[0], days[-1]).lookups)
    amounts = totals(rows, "date_paid", "day", Sum("amount"))
    points = [Point(day_and_month(day), [payments_number(amounts.get(day), on_day("date_paid", day))]) for day in days]
    empty = _("No payments in the last 30 days.")
    return Chart(_("Payments in the last 30 days"), _("Day"), [_("Amount")], points, empty)


def payments_number(amount: Decimal | None, days: Span) -> Number:
    """Returns an amount that links to the list of the valid payments of its days."""
    url = list_url(Payment, status="valid", **days.parameters)
    return Number(amount or Decimal(0), url, settings.CURRENCY)
