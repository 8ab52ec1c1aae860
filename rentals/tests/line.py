"""Builds lines for books, and compares the counts of books with the rows."""

from datetime import datetime
from itertools import count
from typing import Any

from django.db.models import Min

from accounts.models import User
from books.models import Book
from rentals.holds import hold_create
from rentals.models import Hold, Rental

numbers = count(1)


def make_users(number: int) -> list[User]:
    """Creates residents with an email address and no password."""
    names = [f"resident{next(numbers)}" for _ in range(number)]
    return User.objects.bulk_create(User(username=name, email=f"{name}@example.org", password="!") for name in names)


def make_hold(user: User, book: Book, *, at: datetime) -> Hold:
    return hold_create(user=user, book=book, at=at)


def counts(book: Book) -> dict[str, Any]:
    """Returns the counts of a book, as its columns say."""
    columns = ("copies_out", "copies_set_aside", "waiting", "next_due", "times_rented")
    return Book.objects.values(*columns).get(pk=book.pk)


def recount(book: Book) -> dict[str, Any]:
    """Returns the counts of a book, as its rentals and holds say."""
    out, holds = Rental.objects.open().filter(book=book), Hold.objects.filter(book=book)
    return {
        "copies_out": out.count(),
        "copies_set_aside": holds.ready().count(),
        "waiting": holds.waiting().count(),
        "next_due": out.aggregate(due=Min("date_due"))["due"],
        "times_rented": Rental.objects.valid().filter(book=book).count(),
    }
