"""What somebody has to bring back is found among their own, however much everybody has."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min
from django.test.utils import CaptureQueriesContext

from accounts.tests.cast import CastTestCase
from books.models import Book, BookType
from rentals.models import Rental

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


class DueByUserTests(CastTestCase):
    def setUp(self) -> None:
        """The reader returned everything; somebody else has as much out."""
        numbers = range(2_000)
        books = Book.objects.bulk_create(Book(name=f"{n:04}", author="A", book_type=BookType.NOVEL) for n in numbers)
        for user, is_back in ((self.reader, True), (self.other, False)):
            Rental.objects.bulk_create(
                Rental(
                    user=user,
                    book=books[n],
                    book_type=BookType.NOVEL,
                    date_rented=AT,
                    date_due=AT + n * 7919 % 2_000 * HOUR,  # in no order
                    date_returned=AT + HOUR if is_back else None,
                )
                for n in numbers
            )

    def test_it_is_found_by_an_index(self) -> None:
        mine = Rental.objects.open().filter(user=self.reader)
        asked: list[Any] = [
            lambda: mine.aggregate(at=Min("date_due")),
            lambda: list(mine.order_by("date_due", "ref")[:20]),
        ]
        for number, ask in enumerate(asked):
            with self.subTest(number=number), CaptureQueriesContext(connection) as statements:
                ask()
                self.assertIn("rental_due_by_user", self.plan(statements[0]["sql"]))

    def plan(self, sql: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE rentals_rental")
            cursor.execute(f"EXPLAIN {sql}")
            return "\n".join(line for (line,) in cursor.fetchall())
