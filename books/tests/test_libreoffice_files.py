"""Files of books that LibreOffice saved in three languages (see common/tests/spreadsheets/README.md)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import tag

from books.models import Book
from books.tests.builders import make_book
from books.tests.test_spreadsheets import IMPORT, SpreadsheetTestCase

FILES = Path(settings.BASE_DIR, "common/tests/spreadsheets")


class LibreOfficeTests(SpreadsheetTestCase):
    def upload_file(self, name: str) -> Any:
        file = SimpleUploadedFile(name, (FILES / name).read_bytes())
        return self.client.post(IMPORT, {"import_file": file})

    def test_new_books_without_ids_are_imported_whole(self) -> None:
        for language, title, author, description, copies in (
            ("en", "Les Misérables", "Victor Hugo", "Five volumes; one loaf of bread", 2),
            ("es", "La casa de Bernarda Alba", "Federico García Lorca", "«Silencio», dice.", 1200),
            ("de", "Der Prozeß", "Franz Kafka", 'Jemand mußte "Josef K." verleumdet haben.', 2),
        ):
            with self.subTest(language=language):
                self.assertContains(self.confirm(self.upload_file(f"books-{language}.csv")), "2 new, 0 updated")
                book = Book.objects.get(name=title)
                self.assertEqual((book.author, book.description, book.copies), (author, description, copies))

    @tag("slow")
    def test_numbers_are_read_with_either_decimal_mark_and_refused_if_they_are_ambiguous(self) -> None:
        book = make_book("Emma", author="Jane")
        for typed, copies in {"3,00": 3, "4.0": 4, "1 200": 1200, "1.200,00": 1200, "1,200.0": 1200}.items():
            with self.subTest(typed=typed):
                self.confirm(self.upload(f'{book.pk},"{typed}"', head="id,copies"))
                self.assertEqual(Book.objects.get().copies, copies)
        for typed in ("1.200", "1,200", "1,5", "x", "1,2,3"):
            with self.subTest(typed=typed):
                self.assertEqual(self.errors(self.upload(f'{book.pk},"{typed}"', head="id,copies")), {2: {"copies"}})

    def test_books_can_exchange_their_names(self) -> None:
        first, second = make_book("Emma", author="Jane"), make_book("Dune", author="Jane")
        self.confirm(self.upload(f"{first.pk},Dune,Jane", f"{second.pk},Emma,Jane", head="id,name,author"))
        self.assertEqual(list(Book.objects.order_by("pk").values_list("name", flat=True)), ["Dune", "Emma"])
