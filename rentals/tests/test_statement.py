"""The statement of account over a period."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.pages import PageTestCase
from books.models import BookType
from books.tests.builders import make_book
from rentals import statement, tariffs
from rentals.balance import balance_of
from rentals.services import payment_record, payment_void, rental_void
from rentals.statement import Statement, statement_of
from rentals.tests.builders import make_rental

PATH = "/rentals/statement/"
START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class StatementCase(PageTestCase):
    def setUp(self) -> None:
        self.sign_in(self.reader)

    def rent(self, days: int | None, *, at: datetime = START, name: str = "Dune", **options: Any) -> Any:
        book = make_book(name, book_type=options.pop("book_type", BookType.REGULAR))
        return make_rental(self.reader, book, at=at, returned=None if days is None else at + days * DAY)

    def pay(self, amount: str, at: datetime = START, **options: Any) -> Any:
        note = options.get("note", "")
        return payment_record(user=self.reader, amount=Decimal(amount), note=note, by=self.clerk, at=at)

    def of(self, first: date, last: date, at: datetime = NOW) -> Statement:
        return statement_of(self.reader, first=first, last=last, at=at)

    def get(self, query: str = "", *, at: datetime = NOW, **headers: Any) -> Any:
        with patch("rentals.statement_pages.timezone.now", return_value=at):
            return self.client.get(PATH + query, headers=headers)


class FigureTests(StatementCase):
    def test_a_rental_that_goes_on_is_charged_for_the_days_of_each_period(self) -> None:
        self.rent(None)
        march = self.of(date(2026, 3, 1), date(2026, 3, 31))  # 31 days: 2 of 1.00 and 29 of 1.50
        april = self.of(date(2026, 4, 1), date(2026, 4, 20))
        self.assertEqual((march.opening, march.charges, march.closing), (0, Decimal("45.50"), Decimal("45.50")))
        self.assertEqual(april.opening, march.closing)
        self.assertEqual(april.charges, Decimal("30.00"))  # 51 days until now
        self.assertEqual(april.closing, Decimal("75.50"))

    def test_the_minimum_is_charged_when_the_rental_begins(self) -> None:
        self.rent(2, book_type=BookType.NOVEL)
        self.assertEqual(self.of(date(2026, 3, 1), date(2026, 3, 1)).charges, Decimal("4.50"))
        self.assertEqual(self.of(date(2026, 3, 2), date(2026, 3, 9)).charges, 0)

    def test_the_closing_balance_of_today_is_the_balance(self) -> None:
        for number, kind in enumerate(BookType.values):
            self.rent(None if number else 9, at=START + number * 7 * DAY, name=f"Book {number}", book_type=kind)
        self.pay("11.11", START + 3 * DAY)
        balance = balance_of(self.reader.pk, version=tariffs.CURRENT, at=NOW)
        for first in (date(2026, 1, 1), date(2026, 3, 5), date(2026, 4, 20)):
            found = self.of(first, date(2026, 4, 20))
            self.assertEqual(found.closing, balance["balance"])
            self.assertEqual(found.opening + found.charges - found.paid, found.closing)
            self.assertEqual(sum(line.charge or 0 for line in found.lines), found.charges)

    def test_what_follows_the_period_does_not_count_in_it(self) -> None:
        self.rent(5)
        self.rent(1, at=START + 20 * DAY, name="Later")
        self.pay("3.00", START + 20 * DAY)
        found = self.of(date(2026, 3, 1), date(2026, 3, 10))
        self.assertEqual((found.charges, found.paid, len(found.lines)), (Decimal("6.50"), 0, 1))
        later = self.of(date(2026, 3, 11), date(2026, 4, 20))
        self.assertEqual((later.opening, later.charges, later.paid), (Decimal("6.50"), 2, 3))
        self.assertEqual([line.rental is not None for line in later.lines], [True, False])

    def test_void_payments_do_not_count_and_void_rentals_cost_nothing(self) -> None:
        payment_void(payment=self.pay("5.00"), reason="recorded twice", by=self.clerk, at=NOW)
        rental_void(rental=self.rent(None), reason="wrong book", by=self.librarian, at=NOW)
        found = self.of(date(2026, 3, 1), date(2026, 3, 31))
        self.assertEqual((found.charges, found.paid, found.closing), (0, 0, 0))
        self.assertEqual([line.rental.void_reason for line in found.lines], ["wrong book"])

    def test_days_are_those_of_the_town(self) -> None:
        self.pay("1.00", datetime(2026, 3, 31, 20, tzinfo=UTC))
        with timezone.override("Asia/Tokyo"):
            self.assertEqual(self.of(date(2026, 4, 1), date(2026, 4, 1)).paid, 1)
        self.assertEqual(self.of(date(2026, 4, 1), date(2026, 4, 1)).paid, 0)

    def test_the_sums_are_of_the_whole_period_also_if_the_lines_are_cut(self) -> None:
        for number in range(4):
            self.pay("1.00", START + number * DAY)
        with patch.object(statement, "MAX_LINES", 3):
            found = self.of(date(2026, 3, 1), date(2026, 3, 31))
        self.assertEqual((found.paid, len(found.lines), found.is_cut), (4, 3, True))


class StatementPageTests(StatementCase):
    def test_it_explains_each_charge_and_lists_each_payment(self) -> None:
        self.rent(4, at=START - 2 * DAY, name="Silent Spring")
        payment = self.pay("10.00", START + DAY, note="<b>cash")
        page = self.get("?first=2026-03-01&last=2026-03-31")
        for text in ("Silent Spring", "2.00\xa0USD of it before this period", "&lt;b&gt;cash", "March 31, 2026"):
            self.assertContains(page, text)
        self.assertContains(page, f"receipt number {payment.pk}")
        for text in ("Opening balance", "Sums of the period", "Closing balance (a credit)"):
            self.assertContains(page, text)
        self.assertContains(page, "4 days:")
        self.assertRegex(page.content.decode(), r"\d, 2\.00\xa0USD of it before this period")

    def test_without_days_it_is_this_month_until_today(self) -> None:
        page = self.get()
        self.assertEqual((page.context["first"], page.context["last"]), (date(2026, 4, 1), date(2026, 4, 20)))
        later = self.get("?last=9999-12-31&x=1")
        self.assertEqual(later.context["last"], date(2026, 4, 20))

    def test_wrong_days_are_named_at_their_field(self) -> None:
        for query, field in (
            ("?first=x", "first"),
            ("?last=2026-02-30", "last"),
            ("?first=2026-04-21", "first"),
            ("?first=0001-01-01", "first"),
            ("?first=2026-04-10&last=2026-04-09", "last"),
            ("?first=%00", "first"),
            ("?first=%ED%A0%80", "first"),
            ("?first=" + "9" * 5000, "first"),
        ):
            with self.subTest(query=query[:30]):
                page = self.get(query)
                self.assertContains(page, f'id="{field}-errors"', status_code=400)
        both = self.get("?first=x&last=y")
        self.assertContains(both, 'id="first-errors"', status_code=400)
        self.assertContains(both, 'id="last-errors"', status_code=400)

    def test_it_shows_only_ones_own(self) -> None:
        self.rent(4, name="Silent Spring")
        self.pay("7.77")
        for user in (self.other, self.admin):
            self.sign_in(user)
            page = self.get("?first=2026-01-01")
            self.assertNotContains(page, "Silent Spring")
            self.assertNotContains(page, "7.77")

    def test_the_number_of_statements_does_not_grow_with_the_rows(self) -> None:
        seen = []
        for number in range(12):
            self.rent(3, name=f"Book {number}")
            self.pay("1.00")
            if number in (0, 11):
                with CaptureQueriesContext(connection) as queries:
                    page = self.get("?first=2026-03-01")
                seen.append(len(queries))
                self.assert_no_store(page)
        self.assertEqual(seen[0], seen[1])

    def test_visitors_and_other_verbs_are_refused(self) -> None:
        self.assert_verbs(PATH, "GET", "HEAD")
        self.assert_closed(PATH)
