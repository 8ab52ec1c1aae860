"""What the library keeps about a resident: rentals, holds and payments. They stay when an account is closed."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from common.templatetags.money import money as amount_text
from rentals import tariffs
from rentals.balance import balance_of
from rentals.holds import holds_end_of
from rentals.models import Debt, Hold, Payment, Rental

MAX_NAMED_BOOKS = 20  # in one message


def export(user: User, *, at: datetime) -> dict[str, Any]:
    """Returns the rentals with their charges in the current tariff, the holds, the payments, the balance, and whether
    notices are on.
    """
    rentals = Rental.objects.filter(user=user).with_charge(tariffs.CURRENT, at=at).order_by("ref")
    payments = Payment.objects.filter(user=user).order_by("id")
    balance = balance_of(user.pk, version=tariffs.CURRENT, at=at)
    columns = ("id", "amount", "note", "date_paid", "date_voided", "void_reason")
    return {
        "rentals": [
            {
                "ref": rental.ref,
                "book": rental.book.name,
                "author": rental.book.author,
                "book_type": rental.book_type,
                "status": rental.status,
                "date_rented": rental.date_rented,
                "date_due": rental.date_due,
                "date_returned": rental.date_returned,
                "renewals": rental.renewals,
                "date_voided": rental.date_voided,
                "void_reason": rental.void_reason,
                "charge": money(rental.charge),
            }
            for rental in rentals.select_related("book")
        ],
        "holds": [
            {
                "id": hold.pk,
                "book": hold.book.name,
                "author": hold.book.author,
                "status": hold.status,
                "created_at": hold.created_at,
                "ready_until": hold.ready_until,
                "ended_at": hold.ended_at,
            }
            for hold in Hold.objects.filter(user=user).order_by("id").select_related("book")
        ],
        "payments": [{**row, "amount": money(row["amount"])} for row in payments.values(*columns)],
        "balance": money(balance["balance"]),
        "currency": balance["currency"],
        "wants_notices": user.wants_notices,
    }


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def bars(user: User, *, at: datetime) -> list[str]:
    """Returns why the account cannot be closed: books that are out, and money that is owed."""
    reasons = []
    books = Rental.objects.open().filter(user=user).order_by("ref").values_list(F("book__name"), flat=True)
    if names := list(books[:MAX_NAMED_BOOKS]):
        reasons.append(_("Please return these books first: %(books)s.") % {"books": ", ".join(names)})
    balance = balance_of(user.pk, version=tariffs.CURRENT, at=at)
    if balance["balance"] > 0:
        reasons.append(_("Please pay what you owe first: %(amount)s.") % {"amount": amount_text(balance["balance"])})
    return reasons


def close(user: User, *, at: datetime) -> None:
    """Cancels the open holds, whose copies go to the next in line, and deletes the debt that was last counted.

    Keeps rentals, holds and payments, which show no name once the account has none.
    """
    holds_end_of(user, at=at)
    Debt.objects.filter(user=user).delete()  # `bars` has seen that nothing is owed
