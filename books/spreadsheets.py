"""Import and export of books as CSV. The columns are the fields of the API that staff enter."""

import re
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from books import services
from books.models import BOOK_EXISTS, Book
from books.serializers import BookSerializer
from common.admin.imports import ImportedRow, Spreadsheet
from common.exceptions import Conflict
from common.text import text_key


class BookSpreadsheet(Spreadsheet):
    """A row without an id is a new book. A row with an id changes the fields of that book that have a column."""

    model = Book
    serializer_class = BookSerializer
    key = "id"
    key_pattern = re.compile(r"([0-9]{1,18})\Z")
    optional = "copies"
    columns = {
        "id": lambda book: str(book.pk or ""),
        **{name: attrgetter(name) for name in ("name", "author", "description", "book_type")},
        "copies": lambda book: str(book.copies),
    }

    def validate_row(self, line: dict[str, str], instance: Any) -> dict[str, Any]:
        if instance is None and line["id"]:
            raise ValidationError({"id": _("There is no book with this id.")})
        return super().validate_row(line, instance)

    def preview(self) -> list[ImportedRow]:
        self.titles: set[tuple[str, str]] = set()  # of the earlier rows
        return super().preview()

    def check(self, instance: Book, values: dict[str, Any], is_new: bool) -> None:
        if is_new or {"name", "author"} & values.keys():
            title = text_key(instance.name), text_key(instance.author)
            if title in self.titles:
                raise ValidationError(services.NAME_EXISTS)
            self.titles.add(title)
        try:
            instance.validate_constraints()
        except ValidationError as error:
            is_taken = str(BOOK_EXISTS) in error.messages
            raise ValidationError({"name" if is_taken else "copies": error.messages}) from error

    def save(self, instance: Book, values: dict[str, Any], is_new: bool) -> Book:
        try:
            if is_new:
                return services.book_create(**values)
            return services.book_update(book=instance, at=timezone.now(), **values)
        except Conflict as error:  # fewer copies than are rented out and set aside
            raise ValidationError({"copies": str(error.detail)}) from error
