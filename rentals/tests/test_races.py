"""Many at once: real threads, real connections."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import call, make_user
from accounts.tests.races import SAFETY_NET_SECONDS
from books.models import Book
from books.tests.builders import make_book
from rentals.models import Rental
from rentals.tests.builders import make_rental


def at_once(calls: list[Callable[[], Any]]) -> Counter[int]:
    """How many answers had which status, when all calls are let go at the same moment."""
    barrier = Barrier(len(calls))

    def run(one: Callable[[], Any]) -> int:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=SAFETY_NET_SECONDS)
            return one().status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def rent(user: User, book: Book) -> Callable[[], Any]:
    return lambda: call("POST", "/api/v3/book_rentals/", {"book": book.pk}, by=user)


def give_back(rental: Rental, by: User) -> Callable[[], Any]:
    return lambda: call("POST", f"/api/v3/book_rentals/{rental.ref}/return/", by=by)


class RaceTests(TransactionTestCase):
    def setUp(self) -> None:
        self.admin = make_user("admin", is_superuser=True)

    def assert_counted(self, book: Book) -> None:
        """The count on the book is that of its rows, and never above what the library owns."""
        book.refresh_from_db()
        self.assertEqual(book.copies_out, Rental.objects.open().filter(book=book).count())
        self.assertLessEqual(book.copies_out, book.copies)

    def test_fifty_clients_after_the_last_copy(self) -> None:
        book = make_book(copies=1)
        users = User.objects.bulk_create(User(username=f"u{number}", password="!") for number in range(50))
        self.assertEqual(at_once([rent(user, book) for user in users]), {201: 1, 409: 49})
        self.assert_counted(book)

    def test_one_user_renting_one_book_many_times_at_once(self) -> None:
        book = make_book(copies=20)
        self.assertEqual(at_once([rent(self.admin, book)] * 10), {201: 1, 409: 9})
        self.assert_counted(book)

    def test_ten_returns_of_one_rental(self) -> None:
        book = make_book(copies=20)
        for number in range(12):  # others hold it too, so that a return too many would take their copies
            make_rental(make_user(f"u{number}"), book, at=timezone.now())
        rental = make_rental(self.admin, book, at=timezone.now())
        self.assertEqual(at_once([give_back(rental, self.admin)] * 10), {200: 1, 409: 9})
        self.assert_counted(book)

    def test_copies_are_lowered_while_many_rent(self) -> None:
        book = make_book(copies=8)
        users = User.objects.bulk_create(User(username=f"u{number}", password="!") for number in range(16))
        lower = lambda: call("PATCH", f"/api/v3/books/{book.pk}/", {"copies": 4}, by=self.admin)  # noqa: E731
        answers = at_once([*(rent(user, book) for user in users), *[lower] * 4])
        self.assertEqual(set(answers) - {200, 201, 409}, set())
        self.assert_counted(book)
        self.assertGreaterEqual(answers[201], 4)

    def test_returning_and_renting_the_same_book_wait_for_each_other_in_one_order(self) -> None:
        book = make_book(copies=5)
        for _ in range(5):
            rental = make_rental(self.admin, book, at=timezone.now())
            answers = at_once([give_back(rental, self.admin), *[rent(self.admin, book)] * 4])
            self.assertEqual(answers[200], 1)
            self.assertEqual(set(answers) - {200, 201, 409}, set())  # no 503: a deadlock would be one
            self.assert_counted(book)
            for left in Rental.objects.open():
                give_back(left, self.admin)()

    def test_one_payment_voided_many_times_at_once(self) -> None:
        body = {"user": self.admin.pk, "amount": "1.00"}
        payment = call("POST", "/api/v3/payments/", body, by=self.admin).json()
        void = lambda: call("POST", f"/api/v3/payments/{payment['id']}/void/", {"note": "x"}, by=self.admin)  # noqa: E731
        self.assertEqual(at_once([void] * 8), {200: 1, 409: 7})
