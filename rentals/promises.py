"""What is promised about rentals and payments."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from books.models import Book
from common.promises import Promise, Violation, rows_of, run
from rentals.balance import with_amounts
from rentals.models import Payment, Rental
from rentals.tariffs import CURRENT, TARIFFS

DAY = timedelta(days=1)
BATCH = 10_000  # rows that are read at once
IS_OPEN = "date_returned IS NULL AND date_voided IS NULL"
OPEN_RENTALS = f"SELECT book_id, count(*) AS number FROM rentals_rental WHERE {IS_OPEN} GROUP BY book_id"  # noqa: S608
COPIES_OUT = f"""
    SELECT 'books_book ' || book.id AS row, copies_out, coalesce(number, 0) AS open_rentals
    FROM books_book book LEFT JOIN ({OPEN_RENTALS}) open ON book_id = book.id
    WHERE copies_out <> coalesce(number, 0)
"""  # noqa: S608
ONE_OPEN_RENTAL = f"""
    SELECT 'rentals_rental ' || string_agg(ref::text, ', ' ORDER BY ref) AS row, user_id, book_id
    FROM rentals_rental WHERE {IS_OPEN} GROUP BY user_id, book_id HAVING count(*) > 1
"""  # noqa: S608
RECOUNT = f"""
    UPDATE books_book book SET copies_out = number
    FROM (
        SELECT id, (SELECT count(*) FROM rentals_rental WHERE book_id = books_book.id AND {IS_OPEN}) AS number
        FROM books_book
    ) counted
    WHERE counted.id = book.id AND copies_out <> number
"""  # noqa: S608


@transaction.atomic
def copies_out_rebuild(at: datetime) -> None:
    """Counts the open rentals of the books whose count is wrong again. Locks all books, and so all rentals."""
    list(Book.objects.order_by("pk").select_for_update().values_list("pk"))
    run(RECOUNT)(at)


def wrong_balances(at: datetime) -> Iterator[Violation]:
    """Adds up every rental and payment in Python, and yields the residents who owe something else by the SQL.

    In the current tariff only: the older ones have the same SQL with other rates.
    """
    owed: dict[int, Decimal] = defaultdict(Decimal)
    rentals = Rental.objects.valid().order_by().values_list("pk", "user", "book_type", "date_rented", "date_returned")
    for ref, user, book_type, rented, returned in rentals.iterator(chunk_size=BATCH):
        price = charge(book_type, max(1, -((rented - (returned or at)) // DAY)))
        if price is None:
            yield {"row": f"rentals_rental {ref}", "book_type": book_type}
        else:
            owed[user] += price
    paid = Payment.objects.order_by().filter(date_voided__isnull=True).values_list("user", "amount")
    for user, amount in paid.iterator(chunk_size=BATCH):
        owed[user] -= amount
    rows: QuerySet[Any, Any] = with_amounts(User.objects.order_by(), version=CURRENT, at=at)
    for user, charges, all_paid in rows.values_list("pk", "charges", "paid").iterator(chunk_size=BATCH):
        if charges - all_paid != owed[user]:
            yield {"row": f"accounts_user {user}", "balance": charges - all_paid, "recomputed": owed[user]}


@cache
def charge(book_type: str, days: int) -> Decimal | None:
    rate = TARIFFS[CURRENT].get(book_type)
    return None if rate is None else rate.explain(days).total


PROMISES = (
    Promise("copies_out", "`copies_out` counts the open rentals of a book.", rows_of(COPIES_OUT), copies_out_rebuild),
    Promise("one_open_rental", "A resident has at most one copy of a book.", rows_of(ONE_OPEN_RENTAL)),
    Promise("balances", "A balance is the sum of all charges less the payments that are not void.", wrong_balances),
)
