"""What the lending desk and the accounts desk see at a glance."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.test import override_settings
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.tests.builders import make_book
from common.tests.figures import chart_of, figures_of, table_of
from rentals.figures import library, takings
from rentals.models import Payment, Rental

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)


class LibraryTests(CastTestCase):
    def lend(self, book: str = "", *, rented: datetime = LONG_AGO, due: datetime = MONDAY, out: bool = True) -> Rental:
        return Rental.objects.create(
            user=self.reader,
            book=make_book(book),
            book_type="regular",
            date_rented=rented,
            date_due=max(rented, due),
            date_returned=None if out else rented,
        )

    def figures(self) -> dict[str, int]:
        return figures_of(library(at=AT))

    def test_what_is_out(self) -> None:
        self.lend()
        self.lend(out=False)
        self.assertEqual(self.figures()["Books out"], 1)

    def test_overdue_is_what_was_due_before_now(self) -> None:
        self.lend(due=AT - INSTANT)
        self.lend(due=AT - timedelta(days=30))
        self.lend(due=AT)
        self.lend(due=AT - timedelta(days=30) - INSTANT, out=False)
        self.assertEqual(self.figures()["Overdue"], 2)
        self.assertEqual(self.figures()["More than 30 days overdue"], 0)

    def test_long_overdue_is_what_was_due_more_than_30_days_ago(self) -> None:
        self.lend(due=AT - timedelta(days=30) - INSTANT)
        self.assertEqual(self.figures()["More than 30 days overdue"], 1)

    def test_due_this_week_is_from_now_to_the_end_of_sunday(self) -> None:
        for due in (AT - INSTANT, MONDAY):
            self.lend(due=due)
        self.assertEqual(self.figures()["Due this week"], 0)
        for due in (AT, MONDAY - INSTANT):
            self.lend(due=due)
        self.lend(due=AT, out=False)
        self.assertEqual(self.figures()["Due this week"], 2)

    def test_the_longest_overdue_come_first(self) -> None:
        for days in (3, 41, 2, 1, 5, 4, -1):
            self.lend(f"Book {days}", due=AT - timedelta(days=days))
        self.lend(due=LONG_AGO, out=False)
        rows = [("Rita Reader", f"Book {days}", days) for days in (41, 5, 4, 3, 2)]
        self.assertEqual(table_of(library(at=AT)), rows)

    def test_rentals_by_day_of_the_last_fourteen(self) -> None:
        first, today, tomorrow = (datetime(2026, *day, tzinfo=UTC) for day in ((2, 19), (3, 4), (3, 5)))
        for rented in (first - INSTANT, first, today - INSTANT, today, tomorrow - INSTANT, tomorrow):
            self.lend(rented=rented, out=False)
        chart = chart_of(library(at=AT))
        self.assertEqual([*chart][::13], ["19 Feb", "4 Mar"])
        some = {day: count for day, (count,) in chart.items() if count}
        self.assertEqual(some, {"19 Feb": 1, "3 Mar": 1, "4 Mar": 2})

    def test_a_day_begins_where_the_town_hall_stands(self) -> None:
        midnight = datetime(2026, 3, 3, 15, tzinfo=UTC)  # in Tokyo
        for rented in (midnight - INSTANT, midnight):
            self.lend(rented=rented, out=False)
        with override_settings(TIME_ZONE="Asia/Tokyo"), timezone.override(ZoneInfo("Asia/Tokyo")):
            chart = chart_of(library(at=AT))
        self.assertEqual((chart["3 Mar"], chart["4 Mar"]), ((1,), (1,)))

    def test_nothing_lent_is_all_zeros(self) -> None:
        pieces = library(at=AT)
        self.assertEqual({*figures_of(pieces).values()}, {0})
        self.assertEqual({*chart_of(pieces).values()}, {(0,)})
        self.assertEqual(table_of(pieces), [])


class TakingsTests(CastTestCase):
    def pay(self, amount: str, paid: datetime, *, void: bool = False) -> None:
        Payment.objects.create(
            user=self.reader,
            amount=Decimal(amount),
            date_paid=paid,
            recorded_by=self.clerk,
            date_voided=paid if void else None,
            voided_by=self.clerk if void else None,
            void_reason="Typed twice." if void else "",
        )

    def test_today_and_this_month(self) -> None:
        month, today, tomorrow = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 4, 5))
        self.pay("0.01", month - INSTANT)
        self.pay("0.20", month)
        self.pay("3.00", today - INSTANT)
        self.pay("40.00", today)
        self.pay("500.00", tomorrow - INSTANT)
        self.pay("6000.00", tomorrow)
        self.pay("70000.00", today, void=True)
        self.assertEqual(figures_of(takings(at=AT)), {"Today": Decimal("540.00"), "This month": Decimal("543.20")})

    def test_how_many_payments_they_are(self) -> None:
        for _ in range(2):
            self.pay("1.00", AT)
        self.pay("1.00", AT - timedelta(days=1))
        today, month, _chart = takings(at=AT)
        self.assertEqual((today.note, month.note), ("2 payments", "3 payments"))  # type: ignore[union-attr]

    def test_by_day_of_the_last_thirty(self) -> None:
        first, today, tomorrow = (datetime(2026, *day, tzinfo=UTC) for day in ((2, 3), (3, 4), (3, 5)))
        for amount, paid in enumerate((first - INSTANT, first, today - INSTANT, today, today, tomorrow), 1):
            self.pay(f"{amount}.50", paid)
        self.pay("9.00", today, void=True)
        chart = chart_of(takings(at=AT))
        self.assertEqual([*chart][::29], ["3 Feb", "4 Mar"])
        some = {day: str(amount) for day, (amount,) in chart.items() if amount}
        self.assertEqual(some, {"3 Feb": "2.50", "3 Mar": "3.50", "4 Mar": "10.00"})

    def test_nothing_paid_is_zero(self) -> None:
        pieces = takings(at=AT)
        self.assertEqual(figures_of(pieces), {"Today": 0, "This month": 0})
        self.assertEqual({*chart_of(pieces).values()}, {(0,)})
