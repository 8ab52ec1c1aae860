"""The lists of a user's rentals and payments read an index, however many rows other users have."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min, QuerySet
from django.test import tag
from django.test.utils import CaptureQueriesContext

from accounts.tests.cast import CastTestCase
from books.models import Book, BookType
from rentals.models import Payment, Rental

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROWS = 2_000


def analyze(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")


@tag("slow")
class OpenRentalTests(CastTestCase):
    def setUp(self) -> None:
        """The reader has returned all rentals; another user has as many open ones."""
        books = Book.objects.bulk_create(
            Book(name=f"{number:04}", author="A", book_type=BookType.NOVEL) for number in range(ROWS)
        )
        for user, is_returned in ((self.reader, True), (self.other, False)):
            Rental.objects.bulk_create(
                Rental(
                    user=user,
                    book=books[number],
                    book_type=BookType.NOVEL,
                    date_rented=AT,
                    date_due=AT + number * 7919 % ROWS * HOUR,  # not in the order of the refs
                    date_returned=AT + HOUR if is_returned else None,
                )
                for number in range(ROWS)
            )
        analyze("rentals_rental")

    def test_open_rentals_of_a_user_by_due_date(self) -> None:
        own = Rental.objects.open().filter(user=self.reader)
        queries: list[Any] = [
            lambda: own.aggregate(at=Min("date_due")),
            lambda: list(own.order_by("date_due", "ref")[:20]),
        ]
        for number, query in enumerate(queries):
            with self.subTest(number=number), CaptureQueriesContext(connection) as statements:
                query()
                self.assertIn("rental_due_by_user", self.plan(statements[0]["sql"]))

    def plan(self, sql: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}")
            return "\n".join(line for (line,) in cursor.fetchall())


class PaymentTests(CastTestCase):
    def setUp(self) -> None:
        """Another user made all payments but the first, and the reader's is the only void one."""
        first: dict[str, Any] = {"date_voided": AT, "voided_by": self.clerk, "void_reason": "Recorded twice."}
        Payment.objects.bulk_create(
            Payment(
                user=self.other if number else self.reader,
                amount=1,
                recorded_by=self.clerk,
                date_paid=AT,
                **({} if number else first),
            )
            for number in range(ROWS)
        )
        analyze("rentals_payment")

    def test_filters_of_the_list(self) -> None:
        lists: dict[str, QuerySet[Payment]] = {
            "payment_by_user": Payment.objects.filter(user=self.reader),
            "payment_void": Payment.objects.void(),
        }
        for index, payments in lists.items():
            with self.subTest(index=index):
                self.assertIn(index, payments.order_by("-id")[:21].explain())
