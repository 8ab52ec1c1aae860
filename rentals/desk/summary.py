"""What a member of staff may see of a resident's rentals, holds and payments."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from accounts.models import User
from books.models import Book
from rentals.balance import balance_of
from rentals.models import Hold, Payment, Rental
from rentals.tariffs import CURRENT

MAX_SHOWN = 100  # rentals and holds; more than MAX_RENTALS, which may have been larger
LATEST_PAYMENTS = 5


def summary_of(resident: User, *, by: User, at: datetime) -> dict[str, Any]:
    """Returns the balance and the open rentals, the open holds, and the latest payments, each only if `by` may see it.

    It is one statement for each, and two for each list with books.
    """
    summary: dict[str, Any] = {"resident": resident}
    if by.has_perm("rentals.view_rental"):
        rentals = Rental.objects.open().filter(user=resident).with_explanation(at=at)
        summary["balance"] = balance_of(resident.pk, version=CURRENT, at=at)
        summary["credit"] = -summary["balance"]["balance"]
        summary["rentals"] = list(rentals.order_by("date_due", "ref")[:MAX_SHOWN])
    if by.has_perm("rentals.view_hold"):
        books = Prefetch("book", Book.objects.defer("search", "description"))
        holds = Hold.objects.open().filter(user=resident).with_place().prefetch_related(books)
        summary["holds"] = list(holds.order_by("status", "pk")[:MAX_SHOWN])  # those that are ready first
    if by.has_perm("rentals.view_payment"):
        summary["payments"] = list(Payment.objects.filter(user=resident)[:LATEST_PAYMENTS])
    return summary
