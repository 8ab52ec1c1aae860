"""Import and export of books as CSV. The columns are the fields of the API that staff enter."""

import re
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Func, TextField, Value
from django.utils.translation import gettext as _

from books import services
from books.isbn import written_isbn
from books.models import BOOK_EXISTS, ISBN_EXISTS, TOO_FEW_COPIES, Book
from books.serializers import BookSerializer
from common.admin.imports import ImportedRow, Spreadsheet
from common.text import unique_text_digest

TITLE, EDITION = ("name", "author", "description", "book_type"), ("publisher", "language", "subjects")


class BookSpreadsheet(Spreadsheet):
    """A row without an id is a new book. A row with an id changes the fields of that book that have a column."""

    model = Book
    serializer_class = BookSerializer
    key = "id"
    key_pattern = re.compile(r"([0-9]{1,18})\Z")
    key_is_assigned = True
    optional = "copies"
    numbers = ("copies", "year")
    columns = {
        "id": lambda book: str(book.id or ""),
        **{name: attrgetter(name) for name in TITLE},
        "isbn": lambda book: written_isbn(book.isbn),
        **{name: attrgetter(name) for name in EDITION},
        "year": lambda book: str(book.year or ""),
        "copies": lambda book: str(book.copies),
    }

    exported = {
        "id": F("id"),
        **{name: name for name in TITLE},
        "isbn": Func(F("isbn"), Value("^(.{3})"), Value(r"\1-"), function="regexp_replace", output_field=TextField()),
        **{name: name for name in EDITION},
        "year": F("year"),
        "copies": F("copies"),
    }

    def validate_row(self, cells: dict[str, str], instance: Any) -> dict[str, Any]:
        if instance is None and cells.get("id"):
            raise ValidationError({"id": _("There is no book with this id.")})
        year: dict[str, Any] = {"year": cells["year"] or None} if "year" in cells else {}  # an empty cell is no number
        return super().validate_row({**cells, **year}, instance)

    def check(self, rows: list[ImportedRow]) -> None:
        """Finds titles and ISBNs that two books would have once all rows are stored, and too few copies."""
        self.check_titles(rows)
        self.check_isbns(rows)
        for row in rows:
            if row.instance.available < 0:
                row.errors["copies"] = [str(TOO_FEW_COPIES)]

    def check_titles(self, rows: list[ImportedRow]) -> None:
        titled = [row for row in rows if {"name", "author"} & row.values.keys()]
        changed = {row.instance.pk for row in titled}
        titles = [unique_text_digest(row.instance.name, row.instance.author) for row in titled]
        taken = {title for title, pk in Book.objects.titles(titles) if pk not in changed}
        for row, title in zip(titled, titles, strict=True):
            if title in taken:
                row.errors["name"] = [str(BOOK_EXISTS)]
            taken.add(title)

    def check_isbns(self, rows: list[ImportedRow]) -> None:
        numbered = [row for row in rows if "isbn" in row.values]
        changed = {row.instance.pk for row in numbered}
        isbns = [row.instance.isbn for row in numbered]
        found = Book.objects.filter(isbn__in=filter(None, isbns)).values_list("isbn", "pk")
        taken = {isbn for isbn, pk in found if pk not in changed}
        for row, isbn in zip(numbered, isbns, strict=True):
            if isbn in taken:
                row.errors["isbn"] = [str(ISBN_EXISTS)]
            if isbn is not None:
                taken.add(isbn)

    def release(self, rows: list[ImportedRow]) -> None:
        services.titles_release(ids=[row.instance.pk for row in rows if {"name", "author"} & row.values.keys()])
        services.isbns_release(ids=[row.instance.pk for row in rows if "isbn" in row.values])

    def update(self, rows: list[ImportedRow]) -> None:
        services.books_update(books=[row.instance for row in rows], at=self.at)

    def create(self, rows: list[ImportedRow]) -> None:
        services.books_create(books=[row.instance for row in rows])
