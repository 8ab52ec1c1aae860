"""What holds for every text that a book accepts, when it is exported and imported."""

import csv
import io

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis.strategies import lists, sampled_from, tuples

from accounts.models import User
from accounts.tests.cast import make_user
from books.models import Book
from books.tests.builders import make_book
from books.tests.test_spreadsheets import CONFIRM, EXPORT, IMPORT
from common.tests.properties import PropertyTestCase, texts
from common.text import text_key
from common.text_rules import check_line, normal_line, normal_text

FIELDS = ("name", "author", "description", "publisher", "subjects")


def is_line(text: str) -> bool:
    try:
        check_line(text)
    except ValidationError:
        return False
    return True


lines = texts.map(normal_line).filter(is_line)
full_lines = lines.filter(bool)
books = lists(
    tuples(full_lines, full_lines, texts.map(normal_text).map(str.strip), lines, lines),
    min_size=1,
    max_size=5,
    unique_by=lambda book: (text_key(book[0]), text_key(book[1])),
)


class SpreadsheetTests(PropertyTestCase):
    librarian: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.librarian = make_user("librarian", "Librarians", is_staff=True)

    @given(books, sampled_from([",", ";", "\t"]))
    def test_what_is_exported_is_imported_unchanged(self, rows: list[tuple[str, ...]], delimiter: str) -> None:
        made = [make_book(**dict(zip(FIELDS, row, strict=True))) for row in rows]
        before = list(Book.objects.order_by("pk").values())
        self.client.force_login(self.librarian)
        exported = self.client.get(EXPORT).content.decode("utf-8-sig")
        Book.objects.filter(pk__in=[book.pk for book in made]).update(description="changed", publisher="", subjects="")
        for number, book in enumerate(made):
            Book.objects.filter(pk=book.pk).update(name=f"changed {number}", author="changed")
        file = SimpleUploadedFile("b.csv", self.in_dialect(exported, delimiter).encode())
        preview = self.client.post(IMPORT, {"import_file": file})
        self.assertIn("confirm_form", preview.context, [row.errors for row in preview.context.get("rows", [])])
        self.client.post(CONFIRM, preview.context["confirm_form"].initial)
        self.assertEqual(list(Book.objects.order_by("pk").values()), before)

    def in_dialect(self, exported: str, delimiter: str) -> str:
        """Returns the file as a spreadsheet of another country stores it."""
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=delimiter).writerows(csv.reader(io.StringIO(exported, newline="")))
        return written.getvalue()
