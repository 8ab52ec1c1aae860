"""Whatever writes the catalogue."""

import logging
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from books.images import clean_image
from books.models import Book
from common.exceptions import Conflict, StorageAway, violated_constraint

logger = logging.getLogger(__name__)

NAME_TAKEN = {"name": _("A book with this name already exists.")}


def book_create(**fields: Any) -> Book:
    """A new title. Raises ValidationError on `name` when there is a book of that name."""
    return book_save(Book(), fields)


def book_update(*, book: Book, **fields: Any) -> Book:
    """Changes a title. Raises ValidationError on `name`, Conflict when more copies are out than are to be left,
    and Http404 when the book is gone.
    """
    return book_save(book, fields)


def book_save(book: Book, fields: dict[str, Any]) -> Book:
    for name, value in fields.items():
        setattr(book, name, value)
    try:
        with transaction.atomic():
            if book.pk is None:
                book.save()
            # Only what was given: copies_out moves under the feet of whoever edits a book.
            elif fields and not Book.objects.filter(pk=book.pk).update(**fields):
                raise Http404
    except IntegrityError as error:
        constraint = violated_constraint(error)
        if constraint == "copies_cover_copies_out":
            raise Conflict(_("More copies are out than that.")) from error
        if constraint.startswith("books_book_name"):
            raise ValidationError(NAME_TAKEN) from error
        raise
    return book


def book_delete(*, book: Book) -> None:
    """Deletes a title that was never rented; ProtectedError names what holds any other. Its image goes as well."""
    image = book.image.name
    book.delete()
    image_forget(image)


def book_image_set(*, book: Book, file: IO[bytes]) -> Book:
    """Keeps a cover image (see `clean_image`); the one before it is deleted.

    Raises StorageAway when it could not be kept, and Http404 when the book is gone; then nothing has changed.
    """
    return image_replace(book, clean_image(file))


def book_image_clear(*, book: Book) -> Book:
    """Removes the cover image, if there is one."""
    return image_replace(book, None)


def image_replace(book: Book, image: File | None) -> Book:
    """Stores the file before the row is locked: a store that is slow keeps nobody from renting the book."""
    name = default_storage.save(image.name, image) if image else None
    try:
        return image_name_replace(book, name)
    except Exception:
        file_delete(name)
        raise


@transaction.atomic
def image_name_replace(book: Book, name: str | None) -> Book:
    # The lock lets of two uploads at once each see, and delete, the file that it replaces.
    locked = Book.objects.select_for_update().filter(pk=book.pk).first()
    if locked is None:
        raise Http404
    image_forget(locked.image.name)
    locked.image = name
    locked.save(update_fields=["image"])
    return locked


def image_forget(name: str | None) -> None:
    transaction.on_commit(lambda: file_delete(name))


def file_delete(name: str | None) -> None:
    """A file that cannot be deleted is left behind: what it belonged to has changed already."""
    if not name:
        return
    try:
        default_storage.delete(name)
    except (StorageAway, OSError) as error:
        logger.error("The image %s could not be deleted and is left behind: %s", name, error)
