"""Which residents and books a text means that was typed or scanned at the desk."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts.models import User, UserQuerySet
from books.isbn import check_isbn, normal_isbn
from books.models import Book, BookQuerySet
from common.form_fields import LineFormField
from common.search import first_ids

MAX_FOUND = 20  # rows of each kind that are shown
MAX_DIGITS = 18  # fit into 64 bits


class SearchForm(forms.Form):
    """One field for what is typed or scanned."""

    q = LineFormField(max_length=200, required=False)


def find_residents(text: str) -> UserQuerySet:
    """Returns the residents with this email address, or those with this number and those whose words match."""
    accounts: UserQuerySet = User.objects.filter(closed_at=None)
    if "@" in text:
        exact: UserQuerySet = accounts.by_name(text)
        if exact.exists():
            return exact
    found = Q(pk__in=first_ids(User.objects.search(text)))
    if is_number(text):
        found |= Q(pk=int(text))
    residents: UserQuerySet = accounts.filter(found).order_by("name", "username", "pk")
    return residents


def find_books(text: str) -> BookQuerySet:
    """Returns the book with this ISBN, or the one with this number and those whose words match."""
    books = Book.objects.without_search_vector()
    if has_isbn(text):
        exact = books.filter(has_isbn(text))
        if exact.exists():
            return exact
    found = Q(pk__in=first_ids(Book.objects.search(text)))
    if is_number(text):
        found |= Q(pk=int(text))
    return books.filter(found)


def has_isbn(text: str) -> Q:
    """Returns the condition that a book has the ISBN in the text, or an empty one if the text is no ISBN."""
    isbn = normal_isbn(text)
    try:
        check_isbn(isbn)
    except ValidationError:
        return Q()
    return Q(isbn=isbn) if isbn else Q()


def is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= MAX_DIGITS


def numbers_of(texts: list[str], limit: int) -> list[int]:
    """Returns the first different numbers among the texts, in their order."""
    return list(dict.fromkeys(int(text) for text in texts if is_number(text)))[:limit]


def first_rows(rows: Any) -> list[Any]:
    """Returns one row more than is shown, so that a page knows whether there are more."""
    return list(rows[: MAX_FOUND + 1])
