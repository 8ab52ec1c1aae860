"""What holds for a charge after any number of days, in every tariff."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil

from django.db.models import DateTimeField, Value
from hypothesis import given
from hypothesis.strategies import integers

from books.models import Book, BookType
from books.tests.builders import make_book
from common.tests.properties import PropertyTestCase
from rentals.tariffs import TARIFFS, days_between, quote
from rentals.tests.test_tariffs import expected_cents

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
TEN_YEARS = 3653


class ChargeTests(PropertyTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for book_type in BookType.values:
            make_book(book_type=book_type)

    @given(integers(1, 10**9) | integers(1, 20))
    def test_the_database_charges_as_the_contract_says_and_more_days_never_cost_less(self, days: int) -> None:
        charges = {f"{version}_{more}": quote(version, days + more) for version in TARIFFS for more in (0, 1)}
        for book in Book.objects.annotate(**charges):
            for version, tariff in TARIFFS.items():
                charge = getattr(book, f"{version}_0")
                self.assertEqual(charge, Decimal(expected_cents(version, book.book_type, days)) / 100)
                self.assertEqual(charge, tariff[book.book_type].explain(days).total)
                self.assertGreaterEqual(getattr(book, f"{version}_1"), charge)

    @given(integers(0, TEN_YEARS * DAY // MICROSECOND) | integers(0, 5 * DAY // MICROSECOND), integers(-1, 1))
    def test_every_started_day_counts(self, microseconds: int, near: int) -> None:
        """Also one microsecond before and after a whole number of days, whatever the clocks of the town do then."""
        for out in (microseconds * MICROSECOND, microseconds * MICROSECOND // DAY * DAY + near * MICROSECOND):
            end = Value(START + out, DateTimeField())
            days = Book.objects.annotate(days=days_between(Value(START, DateTimeField()), end)).values_list("days")[0]
            self.assertEqual(days, (max(1, ceil(out / MICROSECOND / (DAY / MICROSECOND))),))
