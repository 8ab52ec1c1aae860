"""Whatever writes the catalogue."""

from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from api.exceptions import Conflict, violated_constraint
from books.images import clean_image
from books.models import Book

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
    """Keeps a cover image (see `clean_image`); the one before it is deleted."""
    return image_replace(book, clean_image(file))


def book_image_clear(*, book: Book) -> Book:
    """Removes the cover image, if there is one."""
    return image_replace(book, None)


@transaction.atomic
def image_replace(book: Book, image: Any) -> Book:
    # The lock lets of two uploads at once each see, and delete, the file that it replaces.
    book = Book.objects.select_for_update().get(pk=book.pk)
    before = book.image.name
    book.image = image
    book.save(update_fields=["image"])
    image_forget(before)
    return book


def image_forget(name: str | None) -> None:
    if name:
        transaction.on_commit(lambda: Book._meta.get_field("image").storage.delete(name))
