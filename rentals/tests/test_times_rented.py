"""How often a book was rented, which the services of rentals count and a migration counted before."""

from datetime import timedelta
from importlib import import_module

from django.db import connection
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.models import Book
from books.tests.builders import make_book
from rentals.services import rental_return_undo, rental_void
from rentals.tests.builders import make_rental

FILL = import_module("rentals.migrations.0015_times_rented").FILL


class TimesRentedTests(CastTestCase):
    def setUp(self) -> None:
        self.at, self.book = timezone.now(), make_book(copies=5)

    def times_rented(self) -> int:
        return Book.objects.values_list("times_rented", flat=True).get(pk=self.book.pk)

    def test_rentals_count_until_they_are_void_and_an_undone_return_counts_once(self) -> None:
        first = make_rental(self.reader, self.book, at=self.at - timedelta(days=9), returned=self.at)
        second = make_rental(self.other, self.book, at=self.at)
        self.assertEqual(self.times_rented(), 2)
        rental_return_undo(rental=first, reason="mistake", by=self.admin, at=self.at)
        self.assertEqual(self.times_rented(), 2)
        rental_void(rental=second, reason="mistake", by=self.admin, at=self.at)
        self.assertEqual(self.times_rented(), 1)
        answer = self.assert_status(self.call("GET", f"/api/v3/books/{self.book.pk}/"), 200)
        self.assertEqual(answer["times_rented"], 1)

    def test_a_rental_that_was_not_counted_can_be_void(self) -> None:
        rental = make_rental(self.reader, self.book, at=self.at)
        Book.objects.update(times_rented=0)  # as if the previous release had made the rental
        rental_void(rental=rental, reason="mistake", by=self.admin, at=self.at)
        self.assertEqual(self.times_rented(), 0)

    def test_the_migration_counts_the_rentals_before_it_without_void_ones(self) -> None:
        make_rental(self.reader, self.book, at=self.at, returned=self.at)
        rental_void(rental=make_rental(self.other, self.book, at=self.at), reason="mistake", by=self.admin, at=self.at)
        Book.objects.update(times_rented=0)
        with connection.cursor() as cursor:
            cursor.execute(FILL)
        self.assertEqual(self.times_rented(), 1)
