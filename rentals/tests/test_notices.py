"""The notices that books are due soon or overdue: who gets which, when, and how often."""

from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any

from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.tests.cast import CastTestCase, set_active
from accounts.tests.races import at_once
from books.tests.builders import make_book
from common.models import Mail
from common.outbox import send_waiting
from rentals import notices
from rentals.mail import moment
from rentals.models import Notice, Rental
from rentals.notices import notices_due, notices_queue
from rentals.services import rental_renew, rental_return, rental_return_undo, rental_void
from rentals.tests.builders import make_rental
from rentals.tests.line import make_users

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DUE = START + 28 * DAY


class NoticeTestCase(CastTestCase):
    def rent(self, name: str = "Dune", *, user: User | None = None, at: datetime = START) -> Rental:
        return make_rental(user or self.reader, make_book(name), at=at)

    def send(self, at: datetime) -> list[str]:
        """Runs what the command runs, and returns the subjects of what was sent."""
        before = len(mail.outbox)
        list(notices_queue(at=at))
        send_waiting(at=at)
        return [str(message.subject) for message in mail.outbox[before:]]


class StageTests(NoticeTestCase):
    def test_a_book_that_stays_out_is_announced_once_at_each_stage(self) -> None:
        self.rent()
        for days, subjects in (
            (-2, ["A book is due soon"]),
            (1, ["A book is overdue"]),
            (7, ["A book is overdue"]),
            (21, ["A book is overdue"]),
        ):
            with self.subTest(days=days):
                self.assertEqual(self.send(DUE + days * DAY - SECOND), [])
                self.assertEqual(self.send(DUE + days * DAY), subjects)
                self.assertEqual(self.send(DUE + days * DAY), [])
                self.assertFalse(notices_due(at=DUE + days * DAY))
        self.assertEqual(self.send(DUE + 400 * DAY), [])
        self.assertEqual({message.to[0] for message in mail.outbox}, {self.reader.email})

    def test_after_missed_runs_only_the_newest_stage_is_sent(self) -> None:
        self.rent()
        self.assertEqual(self.send(DUE + 9 * DAY), ["A book is overdue"])
        self.assertEqual(self.send(DUE + 10 * DAY), [])
        self.assertEqual(self.send(DUE + 21 * DAY), ["A book is overdue"])

    def test_it_is_not_said_that_a_book_is_due_soon_once_it_is_due(self) -> None:
        self.rent()
        self.assertEqual(self.send(DUE + SECOND), [])
        self.assertEqual(self.send(DUE), [])

    def test_a_renewed_rental_begins_again(self) -> None:
        rental = self.rent()
        self.send(DUE - DAY)
        rental_renew(rental=rental, at=DUE - DAY)
        self.assertEqual(self.send(DUE + 7 * DAY), [])
        self.assertEqual(self.send(DUE + 25 * DAY), ["A book is due soon"])

    def test_returned_and_void_rentals_get_none_and_an_undone_return_repeats_none(self) -> None:
        returned, void = self.rent("Returned"), self.rent("Void", user=self.other)
        self.send(DUE - DAY)
        rental_return(rental=returned, at=DUE)
        rental_void(rental=void, reason="wrong book", by=self.librarian, at=DUE)
        self.assertEqual(self.send(DUE + DAY), [])
        rental_return_undo(rental=returned, reason="wrong book", by=self.librarian, at=DUE + DAY)
        self.assertEqual(self.send(DUE + DAY), ["A book is overdue"])

    def test_all_books_of_a_resident_are_in_one_mail(self) -> None:
        for name in ("Dune", "Emma", "Silas Marner"):
            self.rent(name)
        self.rent("Older", at=START - 10 * DAY)
        self.assertEqual(sorted(self.send(DUE - DAY)), ["A book is overdue", "Books are due soon"])
        self.assertEqual([message.to for message in mail.outbox], [[self.reader.email]] * 2)

    def test_a_mail_that_waited_names_only_what_is_still_true(self) -> None:
        rentals = [self.rent(name) for name in ("Dune", "Emma", "Ivanhoe")]
        list(notices_queue(at=DUE + DAY))
        rental_return(rental=rentals[0], at=DUE + DAY)
        rental_renew(rental=rentals[1], at=DUE + DAY)
        send_waiting(at=DUE + 2 * DAY)
        body = str(mail.outbox[0].body)
        self.assertIn("Ivanhoe", body)
        self.assertNotRegex(body, "Dune|Emma")
        list(notices_queue(at=DUE + 7 * DAY))
        rental_return(rental=rentals[2], at=DUE + 7 * DAY)
        send_waiting(at=DUE + 7 * DAY)
        self.assertEqual(len(mail.outbox), 1)


class ResidentTests(NoticeTestCase):
    def test_residents_who_turned_them_off_have_no_address_or_are_inactive_get_none(self) -> None:
        off, without, gone = make_users(3)
        for user in (off, without, gone):
            self.rent(user.username, user=user)
        User.objects.filter(pk=off.pk).update(wants_notices=False)
        User.objects.filter(pk=without.pk).update(email="")
        set_active(gone, False)
        self.assertEqual(self.send(DUE + DAY), [])
        self.assertFalse(Notice.objects.exists() or notices_due(at=DUE + DAY))
        User.objects.filter(pk=off.pk).update(wants_notices=True)
        self.assertEqual(self.send(DUE + 2 * DAY), ["A book is overdue"])

    def test_a_mail_in_the_outbox_is_dropped_when_the_resident_turns_notices_off(self) -> None:
        self.rent()
        list(notices_queue(at=DUE + DAY))
        User.objects.filter(pk=self.reader.pk).update(wants_notices=False)
        send_waiting(at=DUE + DAY)
        self.assertEqual((len(mail.outbox), Mail.objects.waiting().count()), (0, 0))

    def test_every_batch_of_residents_is_reached(self) -> None:
        for user in make_users(5):
            self.rent(user.username, user=user)
            self.rent(f"{user.username} again", user=user)
        size, notices.BATCH_SIZE = notices.BATCH_SIZE, 2
        self.addCleanup(setattr, notices, "BATCH_SIZE", size)
        self.assertEqual(list(notices_queue(at=DUE + DAY)), [2, 2, 1])
        self.assertEqual(Notice.objects.count(), 10)

    def test_the_number_of_statements_does_not_grow_with_the_residents(self) -> None:
        seen = []
        for number in (1, 8):
            for user in make_users(number):
                self.rent(user.username, user=user)
            with CaptureQueriesContext(connection) as queries:
                list(notices_queue(at=DUE + DAY))
            seen.append(len(queries))
        self.assertEqual(seen[0], seen[1])

    def test_the_database_holds_one_notice_of_a_stage(self) -> None:
        self.rent()
        self.send(DUE + DAY)
        row = Notice.objects.values("rental_id", "date_due", "stage", "created_at").get()
        with self.assertRaises(IntegrityError), transaction.atomic():
            Notice.objects.create(**row)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Notice.objects.create(**{**row, "stage": 3})


class CommandTests(NoticeTestCase):
    def run_command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("send_notices", *arguments, stdout=out)
        return out.getvalue()

    def test_a_dry_run_lists_and_writes_nothing(self) -> None:
        self.rent()
        dry = "rentals.overdue: 1 to queue\ndry run, nothing sent: 0 of 0 mails are due\n"
        self.assertEqual(self.run_command("--dry-run"), dry)
        self.assertFalse(Notice.objects.exists() or Mail.objects.exists() or mail.outbox)
        self.assertIn("notices done: 1 queued; 1 sent;", self.run_command())
        self.assertIn("notices done: 0 queued; 0 sent;", self.run_command())


class RaceTests(TransactionTestCase):
    def test_runs_at_once_queue_each_notice_once(self) -> None:
        users = make_users(12)
        for user in users:
            make_rental(user, make_book(user.username), at=START)

        def run() -> Any:
            return list(notices_queue(at=DUE + DAY))

        at_once([partial(run)] * 6)
        self.assertEqual(Notice.objects.count(), 12)
        self.assertEqual(sorted(row.recipient for row in Mail.objects.all()), sorted(user.email for user in users))


class BackOfficeTests(NoticeTestCase):
    def test_the_page_of_a_rental_shows_what_was_sent(self) -> None:
        rental = self.rent()
        self.send(DUE - DAY)
        self.send(DUE + 8 * DAY)
        self.client.force_login(self.admin)
        page = self.client.get(reverse("admin:rentals_rental_change", args=[rental.pk]))
        self.assertContains(page, f"7 days overdue: {moment(DUE + 8 * DAY)}<br>Due soon: {moment(DUE - DAY)}")
