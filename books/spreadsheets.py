"""Import and export of books as CSV. The columns are the fields of the API that staff enter."""

import re
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from books import services
from books.models import BOOK_EXISTS, TOO_FEW_COPIES, Book
from books.serializers import BookSerializer
from common.admin.imports import ImportedRow, Spreadsheet
from common.text import unique_text_digest


class BookSpreadsheet(Spreadsheet):
    """A row without an id is a new book. A row with an id changes the fields of that book that have a column."""

    model = Book
    serializer_class = BookSerializer
    key = "id"
    key_pattern = re.compile(r"([0-9]{1,18})\Z")
    key_is_assigned = True
    optional = "copies"
    numbers = ("copies",)
    columns = {
        "id": lambda book: str(book.id or ""),
        **{name: attrgetter(name) for name in ("name", "author", "description", "book_type")},
        "copies": lambda book: str(book.copies),
    }

    exported = {
        "id": F("id"),
        **{name: name for name in ("name", "author", "description", "book_type")},
        "copies": F("copies"),
    }

    def validate_row(self, cells: dict[str, str], instance: Any) -> dict[str, Any]:
        if instance is None and cells.get("id"):
            raise ValidationError({"id": _("There is no book with this id.")})
        return super().validate_row(cells, instance)

    def check(self, rows: list[ImportedRow]) -> None:
        """Finds titles that two books would have once all rows are stored, and books with too few copies."""
        titled = [row for row in rows if {"name", "author"} & row.values.keys()]
        changed = {row.instance.pk for row in titled}
        titles = [unique_text_digest(row.instance.name, row.instance.author) for row in titled]
        taken = {title for title, pk in Book.objects.titles(titles) if pk not in changed}
        for row, title in zip(titled, titles, strict=True):
            if title in taken:
                row.errors["name"] = [str(BOOK_EXISTS)]
            taken.add(title)
        for row in rows:
            if row.instance.available < 0:
                row.errors["copies"] = [str(TOO_FEW_COPIES)]

    def release(self, rows: list[ImportedRow]) -> None:
        services.titles_release(ids=[row.instance.pk for row in rows if {"name", "author"} & row.values.keys()])

    def update(self, rows: list[ImportedRow]) -> None:
        services.books_update(books=[row.instance for row in rows], at=timezone.now())

    def create(self, rows: list[ImportedRow]) -> None:
        services.books_create(books=[row.instance for row in rows])
