"""Books for tests."""

from itertools import count
from typing import Any

from books.models import Book, BookType

numbers = count(1)


def make_book(name: str = "", **fields: Any) -> Book:
    """A book; without a name it gets one of its own."""
    values = {"author": "An Author", "book_type": BookType.REGULAR, "copies": 1, **fields}
    return Book.objects.create(name=name or f"Book {next(numbers):06}", **values)
