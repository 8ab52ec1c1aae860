"""The pages of a resident's own rentals, balance and payments."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from accounts.models import User
from accounts.tests.pages import PageTestCase
from books.models import BookType
from books.tests.builders import make_book
from rentals.models import Notice, Payment, Rental
from rentals.services import payment_record, payment_void
from rentals.tests.builders import make_rental

RENTALS, PAYMENTS = "/rentals/", "/rentals/payments/"
START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


class RentalsPageTestCase(PageTestCase):
    def setUp(self) -> None:
        self.sign_in(self.reader)

    def rent(
        self, book_type: str, days: int, *, name: str = "", user: User | None = None, returned: bool = True
    ) -> None:
        book = make_book(name, book_type=book_type)
        make_rental(user or self.reader, book, at=START, returned=START + days * DAY if returned else None)

    def pay(self, amount: str, *, user: User | None = None, note: str = "") -> Payment:
        return payment_record(user=user or self.reader, amount=Decimal(amount), note=note, by=self.clerk, at=START)

    def get(self, at: datetime = START, path: str = RENTALS, **headers: Any) -> Any:
        with patch("rentals.pages.timezone.now", return_value=at):
            return self.client.get(path, headers=headers)

    def text_of(self, response: Any) -> str:
        """Returns the visible text of a page, with each run of white space as one space."""
        text = re.sub(r"<[^>]+>", " ", response.content.decode()).replace("&nbsp;", " ").replace("\xd7", "x")
        return re.sub(r"\s+", " ", text)


class RentalsPageTests(RentalsPageTestCase):
    def test_an_open_rental_shows_its_due_date_and_its_charge_so_far(self) -> None:
        self.rent(BookType.REGULAR, 0, name="Silent Spring", returned=False)
        text = self.text_of(self.get(START + 3 * DAY))
        self.assertIn("Silent Spring March 29, 2026, 9:30 AM 3 days: 2 x 1.00 + 1 x 1.50 3.50 USD", text)
        self.assertNotIn("Overdue", text)
        self.assertIn("Return books at the library desk", text)

    def test_the_due_date_is_shown_in_the_time_zone_of_the_town(self) -> None:
        self.rent(BookType.REGULAR, 0, returned=False)
        with timezone.override("Asia/Tokyo"):
            self.assertIn("March 29, 2026, 6:30 PM", self.text_of(self.get()))

    def test_open_rentals_are_listed_by_due_date_apart_from_returned_ones(self) -> None:
        for name, at in (("Second", START + DAY), ("First", START), ("Third", START + 2 * DAY)):
            make_rental(self.reader, make_book(name), at=at)
        self.rent(BookType.NOVEL, 1, name="Back")
        page = self.get()
        self.assertEqual(
            [rental.book.name for rental, _bar, _may_cancel in page.context["open_rentals"]],
            ["First", "Second", "Third"],
        )
        self.assertEqual([rental.book.name for rental in page.context["page"].rows], ["Back"])

    def test_a_rental_is_overdue_once_its_due_date_has_passed(self) -> None:
        self.rent(BookType.NOVEL, 0, returned=False)
        self.assertNotContains(self.get(START + 28 * DAY), "Overdue")
        self.assertContains(self.get(START + 28 * DAY + timedelta(seconds=1)), "Overdue")

    def test_each_charge_is_explained(self) -> None:
        for book_type, days, expected in (
            (BookType.REGULAR, 1, "1 day: 1 x 1.00, at least 2.00 USD 2.00 USD"),
            (BookType.REGULAR, 2, "2 days: 2 x 1.00 2.00 USD"),
            (BookType.REGULAR, 10, "10 days: 2 x 1.00 + 8 x 1.50 14.00 USD"),
            (BookType.FICTION, 1, "1 day: 1 x 3.00 3.00 USD"),
            (BookType.NOVEL, 1, "1 day: 1 x 1.50, at least 4.50 USD 4.50 USD"),
            (BookType.NOVEL, 3, "3 days: 3 x 1.50 4.50 USD"),
        ):
            with self.subTest(book_type=book_type, days=days):
                self.rent(book_type, days, name=f"{book_type} {days}")
                self.assertIn(expected, self.text_of(self.get()))

    def test_numbers_and_dates_follow_the_language(self) -> None:
        self.rent(BookType.NOVEL, 1)
        text = self.text_of(self.get(accept_language="es"))
        self.assertIn("4,50 USD", text)
        self.assertIn("1 de marzo de 2026", text)

    def test_the_balance_shows_charges_payments_and_the_rest(self) -> None:
        self.rent(BookType.FICTION, 2)
        self.rent(BookType.NOVEL, 0, returned=False)
        self.pay("4.00")
        payment_void(payment=self.pay("5.00"), reason="recorded twice", by=self.clerk, at=START)
        text = self.text_of(self.get())
        self.assertIn("Charges 10.50 USD Paid 4.00 USD Amount due 6.50 USD", text)
        self.assertEqual(text.count("Void: does not count"), 1)
        self.assertContains(self.get(), "<del>", count=1)
        self.pay("10.00")
        text = self.text_of(self.get())
        self.assertIn("Credit 3.50 USD", text)
        self.assertNotIn("Amount due", text)

    def test_the_last_notice_of_a_book_that_is_out_is_shown(self) -> None:
        self.rent(BookType.NOVEL, 0, returned=False)
        self.assertNotIn("Last notice", self.text_of(self.get()))
        rental = Rental.objects.get()
        for day in (26, 29):
            stage = day - 28
            at = START + day * DAY
            Notice.objects.create(rental=rental, date_due=rental.date_due, stage=stage, created_at=at)
        text = self.text_of(self.get(START + 30 * DAY))
        self.assertIn("Last notice: March 30, 2026", text)
        self.assertEqual(text.count("Last notice"), 1)

    def test_a_page_without_rentals_and_payments_says_so(self) -> None:
        text = self.text_of(self.get())
        self.assertIn("Amount due 0.00 USD", text)
        self.assertIn("You have no books at the moment.", text)
        self.assertIn("You have not returned any books yet.", text)
        self.assertIn("You have not paid anything yet.", text)

    def test_residents_and_staff_see_only_their_own_rentals_and_payments(self) -> None:
        self.rent(BookType.NOVEL, 3, name="Returned by the other", user=self.other)
        self.rent(BookType.NOVEL, 0, name="Rented by the other", user=self.other, returned=False)
        self.pay("7.77", user=self.other)
        for user in (self.reader, self.librarian, self.clerk):
            self.sign_in(user)
            for path in (RENTALS, PAYMENTS):
                page = self.get(path=path)
                self.assertNotContains(page, "the other")
                self.assertNotContains(page, "7.77")

    def test_the_number_of_queries_does_not_grow_with_the_rows(self) -> None:
        for number in range(8):
            self.rent(BookType.values[number % 3], number, returned=bool(number % 2))
            self.pay("1.00")
        # Session, user, permissions (2), balance, open and past rentals with their books (4), notices, which may be
        # cancelled, holds, payments.
        with self.assertNumQueries(13) as seen:
            page = self.get()
        self.assertFalse([query for query in seen if '"description"' in query["sql"] or '"search"' in query["sql"]])
        self.assertEqual(len(page.context["payments"]), 5)
        self.assertEqual(len(page.context["open_rentals"]), 4)
        self.assert_no_store(page)

    def test_returned_rentals_are_paginated_newest_first(self) -> None:
        for number in range(21):
            self.rent(BookType.NOVEL, 1, name=f"Number {number}")
        first = self.client.get(RENTALS)
        second = self.client.get(first.context["page"].next)
        names = [[rental.book.name for rental in page.context["page"].rows] for page in (first, second)]
        self.assertEqual(names, [[f"Number {number}" for number in range(20, 0, -1)], ["Number 0"]])

    def test_invalid_parameters_visitors_and_other_methods_are_refused(self) -> None:
        for path in (RENTALS, PAYMENTS):
            self.assertEqual(self.client.get(f"{path}?cursor=x").status_code, 400)
            self.assert_verbs(path, "GET", "HEAD")
        for path in (RENTALS, PAYMENTS):
            self.assert_closed(path)


class PaymentsPageTests(RentalsPageTestCase):
    def test_all_payments_are_listed_newest_first_with_their_notes(self) -> None:
        self.assertContains(self.client.get(PAYMENTS), "You have not paid anything yet.")
        for number in range(1, 22):
            self.pay(f"{number}.00", note=f"<b>{number}")
        with self.assertNumQueries(5):
            first = self.client.get(PAYMENTS)
        self.assertContains(first, "&lt;b&gt;21")
        second = self.client.get(first.context["page"].next)
        amounts = [[payment.amount for payment in page.context["page"].rows] for page in (first, second)]
        self.assertEqual(amounts, [list(range(21, 1, -1)), [1]])
        self.assert_no_store(first)

    def test_the_reason_for_voiding_is_not_shown(self) -> None:
        payment_void(payment=self.pay("5.00"), reason="recorded by Tom", by=self.clerk, at=START)
        page = self.client.get(PAYMENTS)
        self.assertContains(page, "Void: does not count")
        self.assertNotContains(page, "Tom")
