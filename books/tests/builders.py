"""Builds books for tests."""

from itertools import count
from typing import Any

from books.models import Book, BookType

numbers = count(1)


def make_book(name: str = "", **fields: Any) -> Book:
    """Creates a book. Without a name it gets a unique one."""
    values = {"author": "An Author", "book_type": BookType.REGULAR, "copies": 1, **fields}
    return Book.objects.create(name=name or f"Book {next(numbers):06}", **values)
