"""What a rental costs: the table of the contract, and its edges."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import User
from accounts.tests.cast import CastTestCase
from books.models import Book, BookType
from books.tests.builders import make_book
from rentals.balance import balance_of
from rentals.models import Rental
from rentals.tariffs import CURRENT, TARIFFS, quote
from rentals.tests.builders import make_rental

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)

# days: v1 any kind; v2 regular, fiction, novel; v3 regular, fiction, novel
CONTRACT = {
    1: ("1.00", "1.50", "3.00", "1.50", "2.00", "3.00", "4.50"),
    2: ("2.00", "3.00", "6.00", "3.00", "2.00", "6.00", "4.50"),
    3: ("3.00", "4.50", "9.00", "4.50", "3.50", "9.00", "4.50"),
    4: ("4.00", "6.00", "12.00", "6.00", "5.00", "12.00", "6.00"),
    10: ("10.00", "15.00", "30.00", "15.00", "14.00", "30.00", "15.00"),
}


def cents(version: str, kind: str, days: int) -> int:
    """The rule of the contract, worked out by itself in whole cents."""
    if version == "v1":
        return 100 * days
    if kind == BookType.FICTION:
        return 300 * days
    if version == "v3" and kind == BookType.REGULAR:
        return max(200, 100 * min(days, 2) + 150 * max(days - 2, 0))
    if version == "v3" and kind == BookType.NOVEL:
        return max(450, 150 * days)
    return 150 * days


class TariffTests(CastTestCase):
    def charge(self, kind: str, version: str, out: timedelta, *, at: datetime = START) -> Decimal:
        """The charge of a rental of that kind that was out that long."""
        rental = make_rental(self.reader, make_book(book_type=kind), at=START, returned=START + out)
        return Rental.objects.with_charge(version, at=at).get(pk=rental.pk).charge

    def test_the_table_of_the_contract(self) -> None:
        for days, (any_v1, *rest) in CONTRACT.items():
            columns = dict(zip([(v, k) for v in ("v2", "v3") for k in BookType.values], rest, strict=True))
            columns |= {("v1", kind): any_v1 for kind in BookType.values}
            for (version, kind), expected in columns.items():
                with self.subTest(days=days, version=version, kind=kind):
                    self.assertEqual(self.charge(kind, version, days * DAY), Decimal(expected))

    def test_every_kind_and_version_from_one_to_sixty_days(self) -> None:
        rentals = {
            make_rental(self.reader, make_book(book_type=kind), at=START, returned=START + days * DAY).ref: (kind, days)
            for kind in BookType.values
            for days in range(1, 61)
        }
        for version in TARIFFS:
            for rental in Rental.objects.with_charge(version, at=START):
                kind, days = rentals[rental.ref]
                with self.subTest(version=version, kind=kind, days=days):
                    self.assertEqual(rental.charge, Decimal(cents(version, kind, days)) / 100)

    def test_explanations_and_quotes_agree_with_the_charges_of_the_database(self) -> None:
        books = {kind: make_book(book_type=kind) for kind in BookType.values}
        for kind in BookType.values:
            for days in range(1, 61):
                make_rental(self.reader, make_book(book_type=kind), at=START, returned=START + days * DAY)
        quotes = {f"quote_{days}": quote(CURRENT, days) for days in range(1, 61)}
        quoted = {kind: Book.objects.annotate(**quotes).get(pk=book.pk) for kind, book in books.items()}
        for rental in Rental.objects.explained(at=START):
            with self.subTest(kind=rental.book_type, days=rental.days):
                why = rental.explanation
                added = sum(part.days * part.rate for part in why.parts)
                self.assertEqual((why.total, sum(part.days for part in why.parts)), (rental.charge, rental.days))
                self.assertEqual(rental.charge, max(added, why.minimum or added))
                self.assertEqual(why.minimum is None, added == rental.charge)
                self.assertEqual(getattr(quoted[rental.book_type], f"quote_{rental.days}"), rental.charge)

    def test_explanations_agree_in_every_version(self) -> None:
        for version, tariff in TARIFFS.items():
            for kind, rate in tariff.items():
                for days in (1, 2, 3, 4, 60):
                    with self.subTest(version=version, kind=kind, days=days):
                        self.assertEqual(rate.explained(days).total, Decimal(cents(version, kind, days)) / 100)

    def test_a_day_is_charged_once_it_has_started(self) -> None:
        instant = timedelta(microseconds=1)
        for out, days in ((timedelta(0), 1), (instant, 1), (DAY, 1), (DAY + instant, 2), (59 * DAY + instant, 60)):
            with self.subTest(out=out):
                self.assertEqual(self.charge(BookType.NOVEL, "v2", out), days * Decimal("1.50"))

    def test_a_rental_that_is_out_is_charged_to_now(self) -> None:
        rental = make_rental(self.reader, make_book(book_type=BookType.REGULAR), at=START)
        for at, expected in (
            (START, "2.00"),
            (START + 3 * DAY, "3.50"),
            (START + 3 * DAY + timedelta(seconds=1), "5.00"),
        ):
            with self.subTest(at=at):
                self.assertEqual(Rental.objects.with_charge("v3", at=at).get(pk=rental.pk).charge, Decimal(expected))

    def test_a_clock_that_runs_behind_charges_one_day(self) -> None:
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

    def test_a_later_change_of_the_book_moves_no_charge(self) -> None:
        book = make_book(book_type=BookType.REGULAR)
        rental = make_rental(self.reader, book, at=START, returned=START + DAY)
        book.book_type = BookType.FICTION
        book.save()
        self.assertEqual(Rental.objects.with_charge("v3", at=START).get(pk=rental.pk).charge, Decimal("2.00"))

    def test_the_balance_is_the_sum_of_the_charges_in_one_statement(self) -> None:
        for number in range(30):
            kind = BookType.values[number % 3]
            make_rental(self.reader, make_book(book_type=kind), at=START, returned=START + number * DAY)
        make_rental(self.reader, make_book(), at=START)
        make_rental(self.other, make_book(), at=START)
        at = START + 40 * DAY
        for version in TARIFFS:
            charges = [rental.charge for rental in self.reader.rentals.with_charge(version, at=at)]
            with self.assertNumQueries(1):
                balance = balance_of(User.objects.filter(pk=self.reader.pk), version=version, at=at)
            self.assertEqual(balance["charges"], sum(charges))
            self.assertEqual(balance["open_rentals"], 1)

    def test_every_version_prices_every_kind(self) -> None:
        for version, tariff in TARIFFS.items():
            self.assertEqual(set(tariff), set(BookType), version)
