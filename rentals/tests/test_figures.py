"""The figures of the library desk and the accounts desk on the dashboard."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.test import override_settings
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.tests.builders import make_book
from common.tests.figures import chart_of, figures_of, table_of
from rentals.figures import debts, holds, library, payments
from rentals.models import Debt, Hold, Payment, Rental

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)


class LibraryTests(CastTestCase):
    def rent(self, book: str = "", *, rented: datetime = LONG_AGO, due: datetime = MONDAY, out: bool = True) -> Rental:
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

    def test_open_rentals_are_counted(self) -> None:
        self.rent()
        self.rent(out=False)
        self.assertEqual(self.figures()["Books rented out"], 1)

    def test_overdue_rentals_are_those_due_before_now(self) -> None:
        self.rent(due=AT - MICROSECOND)
        self.rent(due=AT - timedelta(days=30))
        self.rent(due=AT)
        self.rent(due=AT - timedelta(days=30) - MICROSECOND, out=False)
        self.assertEqual(self.figures()["Overdue"], 2)
        self.assertEqual(self.figures()["Long overdue"], 0)

    def test_long_overdue_rentals_were_due_more_than_30_days_ago(self) -> None:
        self.rent(due=AT - timedelta(days=30) - MICROSECOND)
        self.assertEqual(self.figures()["Long overdue"], 1)

    def test_due_this_week_means_from_now_to_the_end_of_sunday(self) -> None:
        for due in (AT - MICROSECOND, MONDAY):
            self.rent(due=due)
        self.assertEqual(self.figures()["Due this week"], 0)
        for due in (AT, MONDAY - MICROSECOND):
            self.rent(due=due)
        self.rent(due=AT, out=False)
        self.assertEqual(self.figures()["Due this week"], 2)

    def test_the_longest_overdue_come_first(self) -> None:
        for days in (3, 41, 2, 1, 5, 4, -1):
            self.rent(f"Book {days}", due=AT - timedelta(days=days))
        self.rent(due=LONG_AGO, out=False)
        rows = [("Rita Reader", f"Book {days}", days) for days in (41, 5, 4, 3, 2)]
        self.assertEqual(table_of(library(at=AT)), rows)

    def test_rentals_by_day_in_the_last_14_days(self) -> None:
        first, today, tomorrow = (datetime(2026, *day, tzinfo=UTC) for day in ((2, 19), (3, 4), (3, 5)))
        for rented in (first - MICROSECOND, first, today - MICROSECOND, today, tomorrow - MICROSECOND, tomorrow):
            self.rent(rented=rented, out=False)
        chart = chart_of(library(at=AT))
        self.assertEqual([*chart][::13], ["19 Feb", "4 Mar"])
        nonzero = {day: count for day, (count,) in chart.items() if count}
        self.assertEqual(nonzero, {"19 Feb": 1, "3 Mar": 1, "4 Mar": 2})

    def test_a_day_begins_at_midnight_in_the_time_zone_of_the_town(self) -> None:
        midnight = datetime(2026, 3, 3, 15, tzinfo=UTC)  # in Tokyo
        for rented in (midnight - MICROSECOND, midnight):
            self.rent(rented=rented, out=False)
        with override_settings(TIME_ZONE="Asia/Tokyo"), timezone.override(ZoneInfo("Asia/Tokyo")):
            chart = chart_of(library(at=AT))
        self.assertEqual((chart["3 Mar"], chart["4 Mar"]), ((1,), (1,)))

    def test_without_rentals_all_figures_are_zero(self) -> None:
        pieces = library(at=AT)
        self.assertEqual({*figures_of(pieces).values()}, {0})
        self.assertEqual({*chart_of(pieces).values()}, {(0,)})
        self.assertEqual(table_of(pieces), [])


class HoldAndDebtFigureTests(CastTestCase):
    def test_holds_that_are_ready_are_counted(self) -> None:
        for status, until in (("ready", AT), ("waiting", None)):
            Hold.objects.create(user=self.reader, book=make_book(), status=status, created_at=AT, ready_until=until)
        self.assertEqual(figures_of(holds(at=AT)), {"Ready to be picked up": 1})

    def test_debts_are_added_up(self) -> None:
        self.assertEqual(figures_of(debts(at=AT)), {"Owed in all": 0})
        for user, amount in ((self.reader, "3.50"), (self.other, "1000.25")):
            Debt.objects.create(user=user, amount=Decimal(amount), since=AT, counted_at=AT)
        [figure] = debts(at=AT)
        self.assertEqual(figures_of([figure]), {"Owed in all": Decimal("1003.75")})
        self.assertEqual(getattr(figure, "note", ""), "2 residents, at 03/04/2026 9:30\xa0AM")


class PaymentFigureTests(CastTestCase):
    def pay(self, amount: str, paid: datetime, *, void: bool = False) -> None:
        Payment.objects.create(
            user=self.reader,
            amount=Decimal(amount),
            date_paid=paid,
            recorded_by=self.clerk,
            date_voided=paid if void else None,
            voided_by=self.clerk if void else None,
            void_reason="Recorded twice." if void else "",
        )

    def test_today_and_this_month(self) -> None:
        month, today, tomorrow = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 4, 5))
        self.pay("0.01", month - MICROSECOND)
        self.pay("0.20", month)
        self.pay("3.00", today - MICROSECOND)
        self.pay("40.00", today)
        self.pay("500.00", tomorrow - MICROSECOND)
        self.pay("6000.00", tomorrow)
        self.pay("70000.00", today, void=True)
        self.assertEqual(figures_of(payments(at=AT)), {"Today": Decimal("540.00"), "This month": Decimal("543.20")})

    def test_the_number_of_payments_is_shown(self) -> None:
        for _ in range(2):
            self.pay("1.00", AT)
        self.pay("1.00", AT - timedelta(days=1))
        today, month, _chart = payments(at=AT)
        self.assertEqual((today.note, month.note), ("2 payments", "3 payments"))  # type: ignore[union-attr]

    def test_payments_by_day_in_the_last_30_days(self) -> None:
        first, today, tomorrow = (datetime(2026, *day, tzinfo=UTC) for day in ((2, 3), (3, 4), (3, 5)))
        for amount, paid in enumerate((first - MICROSECOND, first, today - MICROSECOND, today, today, tomorrow), 1):
            self.pay(f"{amount}.50", paid)
        self.pay("9.00", today, void=True)
        chart = chart_of(payments(at=AT))
        self.assertEqual([*chart][::29], ["3 Feb", "4 Mar"])
        nonzero = {day: str(amount) for day, (amount,) in chart.items() if amount}
        self.assertEqual(nonzero, {"3 Feb": "2.50", "3 Mar": "3.50", "4 Mar": "10.00"})

    def test_without_payments_all_figures_are_zero(self) -> None:
        pieces = payments(at=AT)
        self.assertEqual(figures_of(pieces), {"Today": 0, "This month": 0})
        self.assertEqual({*chart_of(pieces).values()}, {(0,)})
