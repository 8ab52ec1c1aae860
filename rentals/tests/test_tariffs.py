"""What a rental costs: the table of the contract, and boundary cases."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

from django.test import tag

from accounts.tests.cast import CastTestCase
from books.models import Book, BookType
from books.tests.builders import make_book
from rentals.balance import balance_of
from rentals.models import Rental
from rentals.tariffs import CURRENT, TARIFFS, quote
from rentals.tests.builders import make_rental

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)

# By days: v1 for any type; v2 for regular, fiction, novel; v3 for regular, fiction, novel.
CONTRACT = {
    1: ("1.00", "1.50", "3.00", "1.50", "2.00", "3.00", "4.50"),
    2: ("2.00", "3.00", "6.00", "3.00", "2.00", "6.00", "4.50"),
    3: ("3.00", "4.50", "9.00", "4.50", "3.50", "9.00", "4.50"),
    4: ("4.00", "6.00", "12.00", "6.00", "5.00", "12.00", "6.00"),
    10: ("10.00", "15.00", "30.00", "15.00", "14.00", "30.00", "15.00"),
}


def expected_cents(version: str, book_type: str, days: int) -> int:
    """Calculates a charge by the rules of the contract, independently of the tariffs."""
    if version == "v1":
        return 100 * days
    if book_type == BookType.FICTION:
        return 300 * days
    if version == "v3" and book_type == BookType.REGULAR:
        return max(200, 100 * min(days, 2) + 150 * max(days - 2, 0))
    if version == "v3" and book_type == BookType.NOVEL:
        return max(450, 150 * days)
    return 150 * days


class TariffTests(CastTestCase):
    def charge(self, book_type: str, version: str, out: timedelta, *, at: datetime = START) -> Decimal:
        """Returns the charge of a book of this type that was out for this time."""
        rental = make_rental(self.reader, make_book(book_type=book_type), at=START, returned=START + out)
        return Rental.objects.with_charge(version, at=at).get(pk=rental.pk).charge

    def test_the_table_of_the_contract(self) -> None:
        for days, (any_v1, *rest) in CONTRACT.items():
            columns = dict(zip(product(("v2", "v3"), BookType.values), rest, strict=True))
            columns |= {("v1", book_type): any_v1 for book_type in BookType.values}
            for (version, book_type), expected in columns.items():
                with self.subTest(days=days, version=version, book_type=book_type):
                    self.assertEqual(self.charge(book_type, version, days * DAY), Decimal(expected))

    @tag("slow")
    def test_every_type_and_version_from_1_to_60_days(self) -> None:
        rentals = {}
        for book_type, days in product(BookType.values, range(1, 61)):
            rental = make_rental(self.reader, make_book(book_type=book_type), at=START, returned=START + days * DAY)
            rentals[rental.ref] = (book_type, days)
        for version in TARIFFS:
            for rental in Rental.objects.with_charge(version, at=START):
                book_type, days = rentals[rental.ref]
                with self.subTest(version=version, book_type=book_type, days=days):
                    self.assertEqual(rental.charge, Decimal(expected_cents(version, book_type, days)) / 100)

    @tag("slow")
    def test_explanations_and_quotes_equal_the_charges_of_the_database(self) -> None:
        books = {book_type: make_book(book_type=book_type) for book_type in BookType.values}
        for book_type in BookType.values:
            for days in range(1, 61):
                make_rental(self.reader, make_book(book_type=book_type), at=START, returned=START + days * DAY)
        quotes = {f"quote_{days}": quote(CURRENT, days) for days in range(1, 61)}
        quoted = {book_type: Book.objects.annotate(**quotes).get(pk=book.pk) for book_type, book in books.items()}
        for rental in Rental.objects.with_explanation(at=START):
            with self.subTest(book_type=rental.book_type, days=rental.days):
                explanation = rental.explanation
                added = sum(part.days * part.rate for part in explanation.parts)
                self.assertEqual(
                    (explanation.total, sum(part.days for part in explanation.parts)), (rental.charge, rental.days)
                )
                self.assertEqual(rental.charge, max(added, explanation.minimum or added))
                self.assertEqual(explanation.minimum is None, added == rental.charge)
                self.assertEqual(getattr(quoted[rental.book_type], f"quote_{rental.days}"), rental.charge)

    def test_explanations_are_right_in_every_version(self) -> None:
        for version, tariff in TARIFFS.items():
            for book_type, rate in tariff.items():
                for days in (1, 2, 3, 4, 60):
                    with self.subTest(version=version, book_type=book_type, days=days):
                        self.assertEqual(
                            rate.explain(days).total, Decimal(expected_cents(version, book_type, days)) / 100
                        )

    def test_a_day_is_charged_as_soon_as_it_starts(self) -> None:
        microsecond = timedelta(microseconds=1)
        for out, days in (
            (timedelta(0), 1),
            (microsecond, 1),
            (DAY, 1),
            (DAY + microsecond, 2),
            (59 * DAY + microsecond, 60),
        ):
            with self.subTest(out=out):
                self.assertEqual(self.charge(BookType.NOVEL, "v2", out), days * Decimal("1.50"))

    def test_an_open_rental_is_charged_up_to_now(self) -> None:
        rental = make_rental(self.reader, make_book(book_type=BookType.REGULAR), at=START)
        for at, expected in (
            (START, "2.00"),
            (START + 3 * DAY, "3.50"),
            (START + 3 * DAY + timedelta(seconds=1), "5.00"),
        ):
            with self.subTest(at=at):
                self.assertEqual(Rental.objects.with_charge("v3", at=at).get(pk=rental.pk).charge, Decimal(expected))

    def test_a_clock_that_is_behind_charges_one_day(self) -> None:
        rental = make_rental(self.reader, make_book(book_type=BookType.NOVEL), at=START)
        charged = Rental.objects.with_charge("v1", at=START - timedelta(seconds=3)).get(pk=rental.pk)
        self.assertEqual(charged.charge, Decimal("1.00"))

    def test_a_day_has_24_hours_when_the_clocks_change(self) -> None:
        zone = ZoneInfo("America/New_York")
        spring = datetime(2026, 3, 7, 12, 0, tzinfo=zone)  # the clocks go forward on the 8th at 2:00
        autumn = datetime(2026, 10, 31, 12, 0, tzinfo=zone)  # and back on November 1st at 2:00
        for rented, returned, days in (
            (spring, spring + DAY, 1),  # noon to noon on the clock: 23 hours
            (autumn, autumn + DAY, 2),  # noon to noon on the clock: 25 hours
        ):
            with self.subTest(rented=rented):
                rental = make_rental(self.reader, make_book(), at=rented, returned=returned)
                charged = Rental.objects.with_charge("v1", at=returned).get(pk=rental.pk)
                self.assertEqual(charged.charge, days * Decimal("1.00"))

    def test_changing_the_book_later_does_not_change_the_charge(self) -> None:
        book = make_book(book_type=BookType.REGULAR)
        rental = make_rental(self.reader, book, at=START, returned=START + DAY)
        book.book_type = BookType.FICTION
        book.save()
        self.assertEqual(Rental.objects.with_charge("v3", at=START).get(pk=rental.pk).charge, Decimal("2.00"))

    def test_the_balance_is_the_sum_of_the_charges_with_one_query(self) -> None:
        for number in range(30):
            book_type = BookType.values[number % 3]
            make_rental(self.reader, make_book(book_type=book_type), at=START, returned=START + number * DAY)
        make_rental(self.reader, make_book(), at=START)
        make_rental(self.other, make_book(), at=START)
        at = START + 40 * DAY
        for version in TARIFFS:
            charges = [rental.charge for rental in self.reader.rentals.with_charge(version, at=at)]
            with self.assertNumQueries(1):
                balance = balance_of(self.reader.pk, version=version, at=at)
            self.assertEqual(balance["charges"], sum(charges))
            self.assertEqual(balance["open_rentals"], 1)

    def test_every_version_has_a_tariff_for_every_type(self) -> None:
        for version, tariff in TARIFFS.items():
            self.assertEqual(set(tariff), set(BookType), version)
