"""Closing an account at the same moment as another request, with real threads."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection, transaction
from django.test import TransactionTestCase

from accounts.mail import verify_email
from accounts.models import User
from accounts.tests.cast import PASSWORD, access_token, call, make_user
from accounts.tests.races import at_once, wait_until_blocked
from books.tests.builders import make_book
from common.exceptions import Conflict
from common.models import Mail
from common.outbox import Message
from project import personal
from rentals.debts import debts_count
from rentals.models import Debt, Rental
from rentals.services import payment_record, rental_create, rental_return
from rentals.tests.builders import make_rental

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOSE = "/api/rest-auth/close/"


class CloseRaceTests(TransactionTestCase):
    def test_a_rental_that_is_being_made_bars_the_closing(self) -> None:
        user, book = make_user("reader"), make_book(name="Held")
        access_token(user)  # issuing one would wait for the account too
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                rental_create(user=user, book=book, by=user, at=AT)
                closing = pool.submit(call, "POST", CLOSE, {"password": PASSWORD}, by=user)
                wait_until_blocked(is_over=closing.done)
            answer = closing.result()
        self.assertEqual(answer.status_code, 409)
        self.assertIn("Held", answer.json()["detail"])

    def test_a_rental_waits_for_the_closing_and_is_refused(self) -> None:
        user, book = make_user("reader"), make_book()
        body = {"book": book.pk}
        access_token(user)
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                personal.account_close(user=user, at=AT)
                renting = pool.submit(call, "POST", "/api/v3/book_rentals/", body, by=user)
                wait_until_blocked(is_over=renting.done)
            answer = renting.result()
        self.assertEqual(answer.status_code, 409)
        book.refresh_from_db()
        self.assertEqual((Rental.objects.count(), book.copies_out), (0, 0))

    def test_a_return_that_is_undone_meanwhile_waits_for_the_closing_and_is_refused(self) -> None:
        user, staff = make_user("reader"), make_user("admin", is_superuser=True)
        rental = make_rental(user, make_book(), at=AT - timedelta(days=1), returned=AT)
        payment_record(user=user, amount=Decimal(100), note="", by=staff, at=AT)
        undo = f"/api/v3/book_rentals/{rental.pk}/return/undo/"
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                personal.account_close(user=user, at=AT)
                undoing = pool.submit(call, "POST", undo, {"reason": "x"}, by=staff)
                wait_until_blocked(is_over=undoing.done)
            self.assertEqual(undoing.result().status_code, 409)
        self.assertFalse(Rental.objects.open().exists())

    def test_a_count_of_debts_that_runs_meanwhile_brings_none_back(self) -> None:
        """The count has read that the resident owes, before the payment, and writes it after the closing."""
        for is_counted in (False, True):  # whether there is a row, which is updated instead of added
            user = make_user(f"reader{is_counted:d}")
            rental = make_rental(user, make_book(), at=AT - timedelta(days=9))
            if is_counted:
                list(debts_count(at=AT - timedelta(days=1)))

            def count() -> None:
                try:
                    list(debts_count(at=AT))
                finally:
                    connection.close()

            with self.subTest(is_counted=is_counted), ThreadPoolExecutor(1) as pool:
                with transaction.atomic():
                    rental_return(rental=rental, at=AT)
                    payment_record(user=user, amount=Decimal(100), note="", by=user, at=AT)
                    personal.account_close(user=user, at=AT)
                    counting = pool.submit(count)
                    wait_until_blocked(is_over=counting.done)
                counting.result()
                self.assertEqual(Debt.objects.count(), 0)

    def test_of_the_last_two_superusers_one_stays(self) -> None:
        users = [make_user(name, is_superuser=True) for name in ("first", "second")]

        def close(user: User) -> bool:
            try:
                personal.account_close(user=user, at=AT)
            except Conflict:
                return False
            return True

        self.assertEqual(sorted(at_once([lambda: close(users[0]), lambda: close(users[1])])), [False, True])
        self.assertEqual(User.objects.filter(is_superuser=True, is_active=True).count(), 1)

    def test_an_address_is_not_brought_back_by_a_change_at_the_same_moment(self) -> None:
        user = make_user("reader")
        access_token(user)
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                personal.account_close(user=user, at=AT)
                body = {"email": "new@example.org", "password": PASSWORD}
                changing = pool.submit(call, "POST", "/api/rest-auth/email/", body, by=user)
                wait_until_blocked(is_over=changing.done)
            self.assertEqual(changing.result().status_code, 409)
        self.assertFalse(EmailAddress.objects.exists())

    def test_a_confirmation_that_is_sent_meanwhile_brings_no_address_back(self) -> None:
        user = make_user("reader")

        def build() -> Message | None:
            try:
                with transaction.atomic():
                    return verify_email(Mail(kind="accounts.verify_email", recipient="reader@example.org"), at=AT)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                personal.account_close(user=user, at=AT)
                building = pool.submit(build)
                wait_until_blocked(is_over=building.done)
            self.assertIsNone(building.result())
        self.assertFalse(EmailAddress.objects.exists())
        self.assertEqual(mail.outbox, [])
