"""Whose turn it is: copies that are returned, cancelled, not fetched, added or left behind go to the first in line."""

import io
from datetime import UTC, datetime, timedelta

from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import override_settings

from accounts.models import User
from accounts.tests.cast import CastTestCase, set_active
from books.models import Book
from books.services import book_update
from books.tests.builders import make_book
from common.exceptions import Conflict
from rentals import personal
from rentals.holds import hold_cancel, holds_expire
from rentals.models import Hold, Rental
from rentals.services import rental_create, rental_return
from rentals.tests.builders import make_rental
from rentals.tests.line import counts, make_hold, make_users, recount

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


class LineTestCase(CastTestCase):
    def setUp(self) -> None:
        """The one copy of the book is out, and three residents wait for it."""
        self.book = make_book("Emma", copies=1)
        self.rental = make_rental(self.admin, self.book, at=AT)
        self.users = make_users(3)
        self.holds = [make_hold(user, self.book, at=AT) for user in self.users]

    def statuses(self) -> list[str]:
        """Returns the status of each hold, after checking that the counts of the book are right."""
        self.assertEqual(counts(self.book), recount(self.book))
        return list(Hold.objects.filter(book=self.book).order_by("pk").values_list("status", flat=True))

    def rent(self, user: User, at: datetime) -> Rental:
        return rental_create(user=user, book=self.book, by=user, at=at)

    def give_back(self, at: datetime = AT + DAY) -> None:
        rental_return(rental=self.rental, at=at)


class ReturnedCopyTests(LineTestCase):
    def test_a_returned_copy_is_set_aside_for_the_first_in_line(self) -> None:
        self.give_back()
        self.assertEqual(self.statuses(), ["ready", "waiting", "waiting"])
        self.assertEqual(Hold.objects.get(pk=self.holds[0].pk).ready_until, AT + 4 * DAY)
        book = Book.objects.get(pk=self.book.pk)
        self.assertEqual((book.available, book.copies_set_aside, book.waiting), (0, 1, 2))
        self.assertNotIn(book, Book.objects.available())
        self.assertIn(book, Book.objects.unavailable())

    @override_settings(HOLD_DAYS=10)
    def test_it_is_set_aside_for_hold_days(self) -> None:
        self.give_back()
        self.assertEqual(Hold.objects.get(pk=self.holds[0].pk).ready_until, AT + 11 * DAY)

    def test_only_the_resident_for_whom_it_is_set_aside_rents_it(self) -> None:
        self.give_back()
        for user in (*self.users[1:], self.reader):
            with self.assertRaises(Conflict):
                self.rent(user, AT + 2 * DAY)
        self.assertEqual(self.statuses(), ["ready", "waiting", "waiting"])
        self.rent(self.users[0], AT + 2 * DAY)
        self.assertEqual(self.statuses(), ["fulfilled", "waiting", "waiting"])

    def test_a_cancelled_copy_goes_to_the_next(self) -> None:
        self.give_back()
        hold_cancel(hold=self.holds[0], at=AT + 2 * DAY)
        self.assertEqual(self.statuses(), ["cancelled", "ready", "waiting"])
        hold_cancel(hold=self.holds[2], at=AT + 2 * DAY)
        self.assertEqual(self.statuses(), ["cancelled", "ready", "cancelled"])

    def test_without_a_line_a_returned_copy_is_free(self) -> None:
        for hold in self.holds:
            hold_cancel(hold=hold, at=AT)
        self.give_back()
        self.assertEqual(Book.objects.get(pk=self.book.pk).available, 1)
        self.assertIsNone(counts(self.book)["next_due"])

    def test_the_database_keeps_copies_out_and_set_aside_within_the_copies(self) -> None:
        self.give_back()
        for change in ({"copies_out": 1}, {"copies_set_aside": 2}, {"copies": 0}):
            with self.subTest(change), self.assertRaises(IntegrityError), transaction.atomic():
                Book.objects.filter(pk=self.book.pk).update(**change)

    def test_the_database_keeps_holds_whole(self) -> None:
        hold = Hold.objects.filter(pk=self.holds[0].pk)
        for change in (
            {"status": "ready"},
            {"ready_until": AT},
            {"status": "cancelled"},
            {"ended_at": AT},
            {"status": "lost", "ended_at": AT},
        ):
            with self.subTest(change), self.assertRaises(IntegrityError), transaction.atomic():
                hold.update(**change)


class MailTests(LineTestCase):
    def test_the_first_in_line_is_told_with_the_book_and_the_last_day(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            rental_return(rental=self.rental, at=datetime.now(UTC))
        [message] = mail.outbox
        self.assertEqual(message.to, [self.users[0].email])
        self.assertEqual(message.subject, "A book is ready for you")
        self.assertIn("Emma", message.body)
        self.assertIn("/rentals/", message.body)

    def test_no_mail_is_sent_if_the_return_is_rolled_back(self) -> None:
        with self.captureOnCommitCallbacks(execute=True), transaction.atomic():
            self.give_back()
            transaction.set_rollback(True)
        self.assertEqual(mail.outbox, [])

    def test_a_resident_without_an_address_and_a_hold_that_has_ended_get_none(self) -> None:
        User.objects.filter(pk=self.users[0].pk).update(email="")
        now = datetime.now(UTC)
        with self.captureOnCommitCallbacks(execute=True):
            rental_return(rental=self.rental, at=now)
            hold_cancel(hold=self.holds[0], at=now)
            hold_cancel(hold=self.holds[1], at=now)
        self.assertEqual([message.to for message in mail.outbox], [[self.users[2].email]])


class ExpiryTests(LineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.give_back()
        self.until = AT + 4 * DAY

    def test_a_copy_that_is_not_fetched_in_time_goes_to_the_next(self) -> None:
        self.assertEqual(sum(holds_expire(at=self.until - timedelta(microseconds=1))), 0)
        self.assertEqual(sum(holds_expire(at=self.until)), 1)
        self.assertEqual(self.statuses(), ["expired", "ready", "waiting"])
        self.assertEqual(Hold.objects.get(pk=self.holds[1].pk).ready_until, self.until + 3 * DAY)
        self.assertEqual(sum(holds_expire(at=self.until)), 0)

    def test_missed_runs_are_made_up_for_and_the_last_copy_is_free(self) -> None:
        for day in (10, 20, 30):
            self.assertEqual(sum(holds_expire(at=AT + day * DAY)), 1)
        self.assertEqual(self.statuses(), ["expired"] * 3)
        self.assertEqual(Book.objects.get(pk=self.book.pk).available, 1)

    def test_the_time_counts_and_not_when_the_command_runs(self) -> None:
        with self.assertRaises(Conflict):
            self.rent(self.users[0], self.until)
        self.assertEqual(self.statuses(), ["ready", "waiting", "waiting"])
        hold_cancel(hold=self.holds[2], at=self.until)
        self.assertEqual(self.statuses(), ["expired", "ready", "cancelled"])

    def test_the_command_prints_what_it_did_and_a_dry_run_changes_nothing(self) -> None:
        out = io.StringIO()
        call_command("expire_holds", dry_run=True, stdout=out)
        self.assertEqual(out.getvalue(), "dry run, nothing changed: 1 holds would end\n")
        self.assertEqual(self.statuses(), ["ready", "waiting", "waiting"])
        out = io.StringIO()
        call_command("expire_holds", stdout=out)
        self.assertEqual(out.getvalue(), "holds done: 1 holds ended\n")
        self.assertEqual(self.statuses(), ["expired", "ready", "waiting"])

    def test_the_command_mends_what_the_previous_release_left(self) -> None:
        """It returns books without looking at the line, and deactivates accounts without ending their holds."""
        self.rent(self.users[0], AT + 2 * DAY)
        Rental.objects.open().update(date_returned=AT + 3 * DAY)
        Book.objects.filter(pk=self.book.pk).update(copies_out=0)
        User.objects.filter(pk=self.users[1].pk).update(is_active=False)
        list(holds_expire(at=AT + 3 * DAY))
        self.assertEqual(self.statuses(), ["fulfilled", "cancelled", "ready"])


class CopiesAndAccountTests(LineTestCase):
    def test_added_copies_go_to_the_first_in_line(self) -> None:
        book = book_update(book=self.book, at=AT + DAY, copies=3)
        self.assertEqual(self.statuses(), ["ready", "ready", "waiting"])
        self.assertEqual((book.available, book.waiting), (0, 1))

    def test_copies_do_not_fall_below_those_that_are_out_or_set_aside(self) -> None:
        path, body = f"/api/v3/books/{self.book.pk}/", {"copies": 2}
        book_update(book=self.book, at=AT, copies=3)
        answer = self.assert_status(self.call("PATCH", path, body, by=self.librarian), 409)
        self.assertEqual(answer["detail"], "There cannot be fewer copies than are rented out and set aside.")
        hold_cancel(hold=self.holds[2], at=AT)
        hold_cancel(hold=self.holds[1], at=AT)
        self.assert_status(self.call("PATCH", path, body, by=self.librarian), 200)

    def test_a_deactivated_account_leaves_the_line(self) -> None:
        self.give_back()
        set_active(self.users[0], False)
        self.assertEqual(self.statuses(), ["cancelled", "ready", "waiting"])
        set_active(self.users[2], False)
        self.assertEqual(self.statuses(), ["cancelled", "ready", "cancelled"])

    def test_a_closed_account_leaves_the_line_of_every_book(self) -> None:
        self.give_back()
        another = make_book(copies=0)
        make_hold(self.users[0], another, at=AT)
        personal.close(self.users[0], at=AT + DAY)
        self.assertEqual(self.statuses(), ["cancelled", "ready", "waiting"])
        self.assertEqual(counts(another), recount(another))
        self.assertEqual(Hold.objects.filter(user=self.users[0]).count(), 2)
