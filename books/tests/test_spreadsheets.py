"""Import and export of books as CSV in the admin."""

import csv
import io
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.cast import CastTestCase
from books.models import Book
from books.tests.builders import make_book

LIST = reverse("admin:books_book_changelist")
IMPORT = reverse("admin:books_book_import")
CONFIRM = reverse("admin:books_book_process_import")
EXPORT = reverse("admin:books_book_export")
HEAD = "id,name,author,description,book_type,copies"
TEXTS = ("=1+1", "+1", "@SUM(A1)", "-1", "＝1", "'=1", "'tis", 'x";\r\n"y')  # noqa: RUF001


def one_line(text: str) -> str:
    return " ".join(text.split())


class SpreadsheetTestCase(CastTestCase):
    def setUp(self) -> None:
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)

    def upload(self, *lines: str, head: str = HEAD) -> Any:
        file = SimpleUploadedFile("b.csv", "\n".join([head, *lines]).encode())
        return self.client.post(IMPORT, {"import_file": file})

    def confirm(self, preview: Any) -> Any:
        self.assertIn("confirm_form", preview.context, preview.content[-3000:])
        return self.client.post(CONFIRM, preview.context["confirm_form"].initial, follow=True)

    def exported(self, query: str = "") -> str:
        return self.client.get(EXPORT + query).content.decode("utf-8-sig")

    def lines(self, query: str = "") -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.exported(query), newline="")))

    def rows(self) -> list[Any]:
        return list(Book.objects.order_by("pk").values_list("name", "author", "description", "book_type", "copies"))

    def errors(self, shown: Any) -> dict[int, set[str]]:
        self.assertNotIn("confirm_form", shown.context)
        return {row.number: set(row.errors) for row in shown.context["rows"] if row.errors}


class ExportTests(SpreadsheetTestCase):
    def test_the_columns_are_the_fields_that_staff_enter(self) -> None:
        book = make_book("Größe", author="Ann", description="d", copies=3)
        details = {"isbn": "9780000000019", "publisher": "Wren", "year": 1815, "language": "de", "subjects": "Art, =1"}
        other = make_book("Höhe", author="Ben", **details)
        self.assertEqual(
            self.lines(),
            [
                [
                    *("id", "name", "author", "description", "book_type", "isbn"),
                    *("publisher", "language", "subjects", "year", "copies"),
                ],
                [str(book.pk), "Größe", "Ann", "d", "regular", *[""] * 5, "3"],
                [str(other.pk), "Höhe", "Ben", "", "regular", "978-0000000019", "Wren", "de", "Art, =1", "1815", "1"],
            ],
        )

    def test_the_export_has_the_rows_that_were_searched_for_and_filtered(self) -> None:
        make_book("Emma", copies=1, copies_out=1)
        make_book("Dune")
        self.assertEqual([line[1] for line in self.lines("?available=no")[1:]], ["Emma"])
        self.assertEqual([line[1] for line in self.lines("?q=dune")[1:]], ["Dune"])

    def test_an_unknown_or_invalid_filter_is_a_bad_request(self) -> None:
        make_book("Emma")
        for query in (
            "foo=bar",
            "format=3",
            "id__range=9",
            "id__exact=x",
            "book_type__exact=%00",
            "name__regex=(",
        ):
            with self.subTest(query=query):
                self.assertEqual(self.client.get(f"{EXPORT}?{query}").status_code, 400)
        self.assertEqual(len(self.lines("?book_type__exact=&q=")), 2)

    def test_no_exported_cell_is_a_formula(self) -> None:
        for text in TEXTS:
            make_book(one_line(text), author=one_line(text), description=text)
        for line in self.lines()[1:]:
            for cell in line:
                self.assertFalse(cell.startswith(("=", "+", "-", "@", "＝")), cell)  # noqa: RUF001


class ImportTests(SpreadsheetTestCase):
    def test_the_preview_stores_nothing_and_the_confirmation_stores_all_rows(self) -> None:
        old = make_book("Before", author="Ann", copies=2)
        preview = self.upload(",New,Ben,,novel,", f"{old.pk},After,Ann,,regular,5")
        self.assertContains(preview, "Confirm import")
        self.assertEqual([book.name for book in Book.objects.all()], ["Before"])
        self.assertContains(self.confirm(preview), "1 new, 1 updated")
        self.assertEqual(self.rows(), [("After", "Ann", "", "regular", 5), ("New", "Ben", "", "novel", 1)])

    def test_an_exported_file_changes_nothing(self) -> None:
        make_book("Emma", isbn="9780000000019", publisher="Wren", year=1815, language="en", subjects="Love")
        make_book("Dune")
        file = SimpleUploadedFile("b.csv", self.exported().encode())
        self.assertContains(self.confirm(self.client.post(IMPORT, {"import_file": file})), "2 unchanged")

    def test_editions_are_imported_in_their_normal_form_and_may_be_emptied(self) -> None:
        head = "id,name,author,book_type,isbn,year,language,subjects"
        old = make_book("Emma", isbn="9780000000019", year=1815, language="en")
        self.confirm(
            self.upload(f"{old.pk},Emma,An Author,regular,,,,", ",Dune,Ben,novel,0000000019,1965,en,Sand", head=head)
        )
        found = Book.objects.order_by("pk").values_list("isbn", "year", "language", "subjects")
        self.assertEqual(list(found), [(None, None, "", ""), ("9780000000019", 1965, "en", "Sand")])

    def test_wrong_and_repeated_isbns_are_named_by_line(self) -> None:
        make_book("Emma", isbn="9780000000019")
        lines = (
            ",A,Ann,novel,9.78E+12,",
            ",B,Ann,novel,0000000019,",
            ",C,Ann,novel,9790000000018,",
            ",D,Ann,novel,979-0000000018,x",
        )
        shown = self.upload(*lines, head="id,name,author,book_type,isbn,year")
        self.assertEqual(self.errors(shown), {2: {"isbn"}, 3: {"isbn"}, 5: {"year"}})

    def test_books_can_exchange_their_isbns(self) -> None:
        first, second = make_book("A", isbn="9780000000019"), make_book("B", isbn="9790000000018")
        self.confirm(self.upload(f"{first.pk},9790000000018", f"{second.pk},9780000000019", head="id,isbn"))
        self.assertEqual(list(Book.objects.values_list("isbn", flat=True)), ["9790000000018", "9780000000019"])

    def test_the_preview_only_reads(self) -> None:
        old = make_book("Before", copies=2)
        with CaptureQueriesContext(connection) as ran:
            self.assertIn("confirm_form", self.upload(",New,Ben,,novel,", f"{old.pk},After,Ann,,novel,5").context)
        statements = [query["sql"] for query in ran if "common_csvupload" not in query["sql"]]
        reading = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
        self.assertEqual([sql for sql in statements if not sql.startswith(reading) or "FOR UPDATE" in sql], [])

    def test_the_import_page_uses_the_form_fields_of_the_admin(self) -> None:
        self.assertTemplateUsed(self.client.get(IMPORT), "unfold/helpers/field.html")

    def test_a_changed_cell_shows_the_whole_old_and_new_text(self) -> None:
        """A comparison by letters would take minutes for long texts."""
        book = make_book("Emma", author="Ann", description="x <i>y</i> " * 80)
        shown = self.upload(f"{book.pk},Emma,Ann,<b>new</b> {'z y ' * 200},regular,1")
        self.assertContains(
            shown, f"<del>{'x &lt;i&gt;y&lt;/i&gt; ' * 80}</del> <ins>&lt;b&gt;new&lt;/b&gt; {'z y ' * 199}z y"
        )
        self.assertNotContains(shown, "<b>new</b>")

    def test_the_preview_shows_no_id_for_a_new_book(self) -> None:
        (row,) = self.upload(",New,Ben,,novel,1").context["rows"]
        self.assertEqual(row.new["id"], "")

    def test_importing_an_export_changes_nothing(self) -> None:
        for text in TEXTS:
            make_book(one_line(text), author=one_line(text), description=text)
        before, (head, *lines) = self.rows(), self.exported().splitlines(keepends=True)
        content = "".join([head, *lines])
        file = SimpleUploadedFile("b.csv", content.encode())
        preview = self.client.post(IMPORT, {"import_file": file})
        self.assertContains(self.confirm(preview), f"{len(TEXTS)} unchanged")
        self.assertEqual(self.rows(), before)
        self.assertFalse(LogEntry.objects.exists())

    def test_a_file_with_missing_or_unknown_columns_is_refused(self) -> None:
        shown = self.upload("Emma,Jane,novel,2", head="name,author,book_type,image")
        self.assertNotContains(shown, "These columns are missing")
        self.assertContains(shown, "These columns are unknown: image.")

    def test_columns_that_a_file_leaves_out_do_not_change(self) -> None:
        book = make_book("Emma", author="Jane", description="d", copies=2)
        self.confirm(self.upload(f"{book.pk},4", head="id,copies"))
        self.assertEqual(self.rows(), [("Emma", "Jane", "d", "regular", 4)])
        self.confirm(self.upload(f"{book.pk},Emma,Jane,,regular,", head=HEAD))
        self.assertEqual(self.rows(), [("Emma", "Jane", "", "regular", 4)])

    def test_each_invalid_row_is_listed_by_its_number(self) -> None:
        emma = make_book("Emma", author="B")
        dune = make_book("Dune", author="B", copies=3, copies_out=2)
        shown = self.upload(
            ",,,,x,-1",
            "999999999,A,B,,novel,1",
            "x,A,B,,novel,1",
            f"{emma.pk},Dune,B,,novel,1",
            f"{emma.pk},Emma,B,,novel,1",
            f"{dune.pk},Dune,B,,novel,1",
            ",Dune,B,,novel,1",
        )
        expected = {2: {"name", "author", "book_type", "copies"}, 3: {"id"}, 4: {"id"}, 5: {"name"}, 6: {"id"}}
        self.assertEqual(self.errors(shown), {**expected, 7: {"copies"}, 8: {"name"}})
        self.assertEqual(Book.objects.count(), 2)

    def test_an_error_is_shown_in_its_cell(self) -> None:
        cells = self.upload(",New,A,,novel,-1").content.decode().split('<td data-label="')
        (copies,) = [cell for cell in cells if cell.startswith("copies")]
        self.assertIn("-1", copies)
        self.assertIn("Ensure this value is greater than or equal to 0.", copies)

    def test_the_same_new_book_twice_is_refused(self) -> None:
        self.assertEqual(self.errors(self.upload(",Emma,A,,novel,1", ",EMMA ,a,,novel,1")), {3: {"name"}})

    def test_two_authors_may_each_have_a_book_of_the_same_name(self) -> None:
        self.confirm(self.upload(",Collected Poems,A,,novel,1", ",Collected Poems,B,,novel,1"))
        self.assertEqual(Book.objects.count(), 2)

    def test_fewer_copies_than_are_rented_out_are_refused(self) -> None:
        book = make_book("Dune", copies=3, copies_out=2)
        shown = self.upload(f"{book.pk},Dune,B,,novel,1")
        self.assertEqual(self.errors(shown), {2: {"copies"}})
        self.assertContains(shown, "There cannot be fewer copies than are rented out and set aside.")

    def test_a_conflict_since_the_preview_imports_nothing(self) -> None:
        book = make_book("Dune", author="B", copies=3)
        preview = self.upload(",New,A,,novel,1", f"{book.pk},Dune,B,,regular,1")
        Book.objects.filter(pk=book.pk).update(copies_out=2)  # not one of the columns, so the preview is still right
        shown = self.confirm(preview)
        self.assertContains(
            shown, "Nothing was imported: line 3: There cannot be fewer copies than are rented out and set aside."
        )
        self.assertEqual([book.name for book in Book.objects.all()], ["Dune"])

    def test_a_change_since_the_preview_is_not_overwritten(self) -> None:
        book = make_book("Emma", author="Jane", copies=1)
        preview = self.upload(f"{book.pk},Emma,Jane,,novel,2")
        Book.objects.filter(pk=book.pk).update(author="Jane Austen")
        self.assertContains(self.confirm(preview), "Nothing was imported: Some of these rows have changed")
        self.assertEqual(self.rows(), [("Emma", "Jane Austen", "", "regular", 1)])

    def test_a_rental_since_the_preview_does_not_count_as_a_change(self) -> None:
        book = make_book("Emma", author="Jane", copies=2)
        preview = self.upload(f"{book.pk},Emma,Jane,,novel,2")
        Book.objects.filter(pk=book.pk).update(copies_out=1)
        self.assertContains(self.confirm(preview), "1 updated")

    def test_imported_rows_appear_in_the_history(self) -> None:
        book = make_book("Emma", author="Jane", copies=1)
        self.confirm(self.upload(",New,A,,novel,1", f"{book.pk},Emma,Jane A.,,regular,2"))
        added, changed = LogEntry.objects.order_by("action_flag")
        new = Book.objects.get(name="New")
        self.assertEqual((added.action_flag, added.object_id, added.user), (ADDITION, str(new.pk), self.librarian))
        self.assertEqual((changed.action_flag, changed.object_id), (CHANGE, str(book.pk)))
        self.assertEqual(changed.get_change_message(), "Changed author and copies.")
        history = reverse("admin:books_book_history", args=[book.pk])
        self.assertContains(self.client.get(history), "Changed author and copies.")

    def test_the_preview_escapes_text(self) -> None:
        book = make_book("<script>alert(1)</script>")
        preview = self.upload(f"{book.pk},<script>alert(2)</script>,A,,novel,1")
        self.assertContains(preview, "Confirm import")
        self.assertNotContains(preview, "<script>alert")

    def test_staff_who_may_only_view_may_only_export(self) -> None:
        self.other.is_staff = True
        self.other.save()
        self.other.user_permissions.set(Permission.objects.filter(codename="view_book"))
        self.client.force_login(self.other)
        self.assertEqual(self.client.get(EXPORT).status_code, 200)
        for answer in (self.client.get(IMPORT), self.upload(), self.client.post(CONFIRM, {})):
            self.assertEqual(answer.status_code, 403)
        self.assertNotContains(self.client.get(LIST), "import/")
