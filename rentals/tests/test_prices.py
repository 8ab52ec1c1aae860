"""Prices of the past never move: no setting and no field of a book changes what an earlier rental costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.test import override_settings

from accounts.tests.cast import CastTestCase
from books.models import Book, BookType
from books.services import book_update
from books.tests.builders import make_book
from rentals.balance import balance_of
from rentals.models import Rental
from rentals.services import rental_renew, rental_void
from rentals.tariffs import TARIFFS
from rentals.tests.builders import make_rental

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
# Every setting of the library with another value.
SETTINGS: dict[str, Any] = {
    "CURRENCY": "EUR",
    "LOAN_DAYS": 7,
    "RENEWALS": 0,
    "LONG_OVERDUE_DAYS": 1,
    "CANCEL_MINUTES": 0,
    "HOLD_DAYS": 30,
    "MAX_RENTALS": 1,
    "MAX_DEBT": Decimal(0),
    "TIME_ZONE": "Pacific/Auckland",
}


class PastPriceTests(CastTestCase):
    def setUp(self) -> None:
        self.books = [make_book(book_type=kind, copies=9) for kind in BookType.values for _ in range(4)]
        for number, book in enumerate(self.books):
            returned = AT + (number + 0.5) * DAY if number % 2 else None
            rental = make_rental(self.reader, book, at=AT, returned=returned)
            if number == 0:
                rental_renew(rental=rental, at=AT + DAY)
            if number == 3:
                rental_void(rental=rental, reason="wrong book", by=self.librarian, at=AT + 9 * DAY)

    def charges(self) -> dict[str, Any]:
        """Returns every charge and the balance, in each tariff, at one time."""
        at = AT + 90 * DAY
        rentals = Rental.objects.order_by("ref")
        return {
            version: (
                [rental.charge for rental in rentals.with_charge(version, at=at)],
                balance_of(self.reader.pk, version=version, at=at)["balance"],
            )
            for version in TARIFFS
        }

    def test_no_setting_and_no_field_of_a_book_changes_an_earlier_charge(self) -> None:
        before, due = self.charges(), list(Rental.objects.order_by("ref").values_list("date_due", flat=True))
        kinds = BookType.values
        for number, book in enumerate(self.books):
            changes: dict[str, Any] = {
                "name": f"New {number}",
                "author": "Another",
                "description": "Changed.",
                "book_type": kinds[(kinds.index(book.book_type) + 1) % len(kinds)],
                "copies": 20,
            }
            book_update(book=book, at=AT + 60 * DAY, **changes)
        self.assertEqual(Book.objects.filter(author="Another").count(), len(self.books))
        with override_settings(**SETTINGS):
            self.assertEqual(self.charges(), before)
        self.assertEqual(list(Rental.objects.order_by("ref").values_list("date_due", flat=True)), due)
        self.assertGreater(len(set(before["v3"][0])), 5)
