"""Simultaneous calls, with real threads and connections."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import call, make_user
from accounts.tests.races import SAFETY_NET_SECONDS
from books.models import Book
from books.tests.builders import make_book
from rentals.models import Rental
from rentals.tests.builders import make_rental


def call_simultaneously(calls: Sequence[Callable[[], Any]]) -> Counter[int]:
    """Starts all calls at the same time, and returns how many answers had each status."""
    barrier = Barrier(len(calls))

    def run(one: Callable[[], Any]) -> int:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=SAFETY_NET_SECONDS)
            status: int = one().status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def rent(user: User, book: Book) -> Callable[[], Any]:
    return lambda: call("POST", "/api/v3/book_rentals/", {"book": book.pk}, by=user)


def return_rental(rental: Rental, by: User) -> Callable[[], Any]:
    return lambda: call("POST", f"/api/v3/book_rentals/{rental.ref}/return/", by=by)


class RaceTests(TransactionTestCase):
    def setUp(self) -> None:
        self.admin = make_user("admin", is_superuser=True)

    def assert_counted(self, book: Book) -> None:
        """`copies_out` counts the open rentals, and is at most `copies`."""
        book.refresh_from_db()
        self.assertEqual(book.copies_out, Rental.objects.open().filter(book=book).count())
        self.assertLessEqual(book.copies_out, book.copies)

    def test_fifty_residents_rent_the_last_copy(self) -> None:
        book = make_book(copies=1)
        users = User.objects.bulk_create(User(username=f"u{number}", password="!") for number in range(50))
        self.assertEqual(call_simultaneously([rent(user, book) for user in users]), {201: 1, 409: 49})
        self.assert_counted(book)

    def test_one_resident_rents_a_book_ten_times(self) -> None:
        book = make_book(copies=20)
        self.assertEqual(call_simultaneously([rent(self.admin, book)] * 10), {201: 1, 409: 9})
        self.assert_counted(book)

    def test_one_resident_waits_for_ten_books_where_three_are_allowed(self) -> None:
        bodies = [{"book": make_book(copies=0).pk} for _ in range(10)]
        with override_settings(MAX_HOLDS=3):
            calls = [partial(call, "POST", "/api/v3/holds/", body, by=self.admin) for body in bodies]
            self.assertEqual(call_simultaneously(calls), {201: 3, 409: 7})

    def test_a_rental_is_returned_ten_times(self) -> None:
        book = make_book(copies=20)
        for number in range(12):  # so that one return too many would free a copy of theirs
            make_rental(make_user(f"u{number}"), book, at=timezone.now())
        rental = make_rental(self.admin, book, at=timezone.now())
        self.assertEqual(call_simultaneously([return_rental(rental, self.admin)] * 10), {200: 1, 409: 9})
        self.assert_counted(book)

    def test_copies_are_reduced_while_residents_rent(self) -> None:
        book = make_book(copies=8)
        users = User.objects.bulk_create(User(username=f"u{number}", password="!") for number in range(16))
        reduce = lambda: call("PATCH", f"/api/v3/books/{book.pk}/", {"copies": 4}, by=self.admin)  # noqa: E731
        answers = call_simultaneously([*(rent(user, book) for user in users), *[reduce] * 4])
        self.assertEqual(set(answers) - {200, 201, 409}, set())
        self.assert_counted(book)
        self.assertGreaterEqual(answers[201], 4)

    def test_returning_and_renting_the_same_book_do_not_deadlock(self) -> None:
        book = make_book(copies=5)
        for _ in range(5):
            rental = make_rental(self.admin, book, at=timezone.now())
            answers = call_simultaneously([return_rental(rental, self.admin), *[rent(self.admin, book)] * 4])
            self.assertEqual(answers[200], 1)
            self.assertEqual(set(answers) - {200, 201, 409}, set())  # a deadlock would be 503
            self.assert_counted(book)
            for rental in Rental.objects.open():
                return_rental(rental, self.admin)()

    def test_a_payment_is_voided_eight_times(self) -> None:
        body = {"user": self.admin.pk, "amount": "1.00"}
        payment = call("POST", "/api/v3/payments/", body, by=self.admin).json()
        void = lambda: call("POST", f"/api/v3/payments/{payment['id']}/void/", {"note": "x"}, by=self.admin)  # noqa: E731
        self.assertEqual(call_simultaneously([void] * 8), {200: 1, 409: 7})
