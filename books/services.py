"""Services that create, change and delete books, and set their covers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.http import Http404

from books.images import clean_image
from books.models import BOOK_EXISTS, ISBN_EXISTS, TOO_FEW_COPIES, Book
from books.signals import copies_changed
from common.bulk import update_rows
from common.exceptions import Conflict, StorageUnavailable, violated_constraint

logger = logging.getLogger(__name__)

NAME_EXISTS = {"name": BOOK_EXISTS}


class BookDetails(TypedDict, total=False):
    """The fields that a new book may leave out. `isbn` is in its normal form, or None."""

    description: str
    isbn: str | None
    publisher: str
    year: int | None
    language: str
    subjects: str
    copies: int


class BookChanges(BookDetails, total=False):
    """The fields of a book that staff change."""

    name: str
    author: str
    book_type: str


def book_create(*, name: str, author: str, book_type: str, **details: Unpack[BookDetails]) -> Book:
    """Adds a book.

    Raises ValidationError on `name` if a book with this name and author exists, and on `isbn` if one with this ISBN.
    """
    with constraint_errors():
        return Book.objects.create(name=name, author=author, book_type=book_type, **details)


def book_update(*, book: Book, at: datetime, **changes: Unpack[BookChanges]) -> Book:
    """Changes the given fields of a book, in one statement. Copies that are added go to the first in line.

    Raises ValidationError on `name` if another book has this name and author, and on `isbn` if one has this ISBN,
    Conflict if more copies are rented out and set aside than would be left, Http404 if the book was deleted, and
    TypeError for a field that BookChanges does not have.
    """
    if unknown := changes.keys() - BookChanges.__annotations__.keys():
        raise TypeError(f"These are not fields of a book that staff change: {', '.join(sorted(unknown))}")
    for name, value in changes.items():
        setattr(book, name, value)
    with constraint_errors():
        # Writes only the given fields: another request may change `copies_out` at the same time.
        if changes and not Book.objects.filter(pk=book.pk).update(**changes):
            raise Http404
        if "copies" in changes:
            copies_changed.send(Book, book_id=book.pk, at=at)
            book.refresh_from_db(fields=["copies_out", "copies_set_aside", "waiting"])
    return book


def books_create(*, books: list[Book]) -> None:
    """Adds books in one statement, and sets their ids. Raises what `book_create` raises."""
    with constraint_errors():
        Book.objects.bulk_create(books)


def titles_release(*, ids: list[int]) -> None:
    """Gives books names of their own until `books_update` stores others, so that they can exchange names."""
    Book.objects.filter(pk__in=ids).update(name=Concat(Value("changing "), Cast("pk", CharField())))


def isbns_release(*, ids: list[int]) -> None:
    """Takes the ISBNs from books until `books_update` stores others, so that they can exchange them."""
    Book.objects.filter(pk__in=ids).update(isbn=None)


def books_update(*, books: list[Book], at: datetime) -> None:
    """Stores the fields of books that staff change, in one statement.

    Must be called in a transaction that has locked the books. The names and ISBNs must be free: see `titles_release`
    and `isbns_release`. Copies that are added go to the first in line. Raises what `book_update` raises.
    """
    with constraint_errors():
        update_rows(Book, books, BookChanges.__annotations__)
        awaited = Book.objects.filter(pk__in=[book.pk for book in books], waiting__gt=0)
        for book_id in awaited.order_by("pk").values_list("pk", flat=True):
            copies_changed.send(Book, book_id=book_id, at=at)


@contextmanager
def constraint_errors() -> Iterator[None]:
    """Runs statements in a transaction. Raises Conflict or ValidationError for a constraint that a book violates."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = violated_constraint(error)
        if constraint == "copies_cover_copies_out":
            raise Conflict(TOO_FEW_COPIES) from error
        if constraint == "book_unique" or constraint.startswith("books_book_name"):  # the latter until it is dropped
            raise ValidationError(NAME_EXISTS) from error
        if constraint == "book_isbn_unique":
            raise ValidationError({"isbn": ISBN_EXISTS}) from error
        raise


def book_delete(*, book: Book) -> None:
    """Deletes a book and its image. Raises ProtectedError, with its rentals, if the book was ever rented."""
    image = book.image.name
    book.delete()
    delete_file_on_commit(image)


def book_image_set(*, book: Book, file: IO[bytes]) -> Book:
    """Checks and encodes an uploaded image (see `clean_image`), and makes it the cover of a book.

    Raises ValidationError on `image` for a file that is not an image, and what `book_image_replace` raises.
    """
    return book_image_replace(book=book, image=clean_image(file))


def book_image_clear(*, book: Book) -> Book:
    """Removes the cover image, if there is one. Raises Http404 if the book was deleted."""
    return book_image_replace(book=book, image=None)


def book_image_replace(*, book: Book, image: "ContentFile[bytes] | None") -> Book:
    """Makes an image from `clean_image` the cover of a book, or removes the cover, and deletes the previous file.

    Raises StorageUnavailable if the image cannot be stored, and Http404 if the book was deleted. Nothing has changed
    then.
    """
    # The file is stored before the row is locked, so that a slow store does not keep residents from renting the book.
    name = default_storage.save(image.name, image) if image else None
    try:
        return store_image_name(book, name)
    except Exception:
        delete_file(name)
        raise


@transaction.atomic
def store_image_name(book: Book, name: str | None) -> Book:
    # The lock makes each of two simultaneous uploads see, and delete, the file that it replaces.
    locked = Book.objects.select_for_update().filter(pk=book.pk).first()
    if locked is None:
        raise Http404
    delete_file_on_commit(locked.image.name)
    locked.image = name
    locked.save(update_fields=["image"])
    return locked


def delete_file_on_commit(name: str | None) -> None:
    transaction.on_commit(lambda: delete_file(name))


def delete_file(name: str | None) -> None:
    """Deletes a file, if there is a name. A failure is only logged, because the book has changed already."""
    if not name:
        return
    try:
        default_storage.delete(name)
    except (StorageUnavailable, OSError) as error:
        logger.error("The image %s could not be deleted and is left behind: %s", name, error)
