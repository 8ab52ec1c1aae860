"""The catalog in the admin."""

from unittest.mock import patch

from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.cast import CastTestCase, call
from books.models import MAX_DESCRIPTION_LENGTH, Book
from books.tests.builders import make_book
from books.tests.test_images import picture

LIST = reverse("admin:books_book_changelist")
ADD = reverse("admin:books_book_add")
FORM = {"name": "Emma", "author": "Jane Austen", "description": "", "book_type": "novel", "copies": "2"}


class BookAdminTests(CastTestCase):
    def setUp(self) -> None:
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)

    def test_list_search_and_filters(self) -> None:
        make_book("Emma", description="A matchmaker")
        make_book("Dune", copies=1, copies_out=1)
        for query, found in {
            "": {"Emma", "Dune"},
            "?q=match": {"Emma"},
            "?available=no": {"Dune"},
            "?available=yes": {"Emma"},
            "?book_type__exact=novel": set(),
        }.items():
            with self.subTest(query=query):
                shown = self.client.get(LIST + query)
                self.assertEqual({book.name for book in shown.context["cl"].result_list}, found)

    def test_add_change_cover_and_delete(self) -> None:
        self.assertRedirects(self.client.post(ADD, FORM), LIST)
        book = Book.objects.get(name="Emma")
        change = reverse("admin:books_book_change", args=[book.pk])
        self.assertContains(self.client.get(change), "Jane Austen")
        cover = SimpleUploadedFile("c.png", picture())
        self.assertRedirects(self.client.post(change, {**FORM, "copies": "3", "cover": cover}), LIST)
        book.refresh_from_db()
        self.assertEqual((book.copies, bool(book.image)), (3, True))
        self.client.post(change, {**FORM, "remove_cover": "on"})
        book.refresh_from_db()
        self.assertFalse(book.image)
        delete = reverse("admin:books_book_delete", args=[book.pk])
        self.assertRedirects(self.client.post(delete, {"post": "yes"}), LIST)
        self.assertFalse(Book.objects.exists())

    def test_the_selected_books_are_deleted(self) -> None:
        book = make_book()
        chosen = {"action": "delete_selected", "_selected_action": [book.pk], "post": "yes"}
        self.assertRedirects(self.client.post(LIST, chosen), LIST)
        self.assertFalse(Book.objects.exists())

    def test_a_book_that_was_rented_meanwhile_is_not_deleted(self) -> None:
        book = make_book()
        rented = ProtectedError("", {book})
        with patch("books.services.book_delete", side_effect=rented):
            for path, form in (
                (reverse("admin:books_book_delete", args=[book.pk]), {"post": "yes"}),
                (LIST, {"action": "delete_selected", "_selected_action": [book.pk], "post": "yes"}),
            ):
                with self.subTest(path=path):
                    self.assertContains(self.client.post(path, form, follow=True), "used by 1 book")

    def test_invalid_input_is_explained(self) -> None:
        make_book("Emma", author="jane  Austen")
        book = make_book("Dune", copies=3, copies_out=2)
        shown = self.client.post(ADD, FORM)
        self.assertContains(shown, "A book with this name and author already exists.")
        change = reverse("admin:books_book_change", args=[book.pk])
        shown = self.client.post(change, {**FORM, "name": "Dune", "copies": "1"})
        self.assertContains(shown, "There cannot be fewer copies than are rented out and set aside.")
        shown = self.client.post(change, {**FORM, "name": "Dune", "cover": SimpleUploadedFile("c.png", b"x")})
        self.assertContains(shown, "not a JPEG, PNG or WebP")

    def test_a_conflict_after_the_form_was_checked_is_a_message(self) -> None:
        book = make_book("Dune", author="Jane Austen", copies=3, copies_out=2)
        change = reverse("admin:books_book_change", args=[book.pk])
        # As if another request had rented out a copy between the check of the form and the update.
        with patch.object(Book, "validate_constraints"):
            shown = self.client.post(change, {**FORM, "name": "Dune", "copies": "1"}, follow=True)
        self.assertContains(shown, "There cannot be fewer copies than are rented out and set aside.")
        with patch.object(Book, "validate_constraints"):
            shown = self.client.post(ADD, {**FORM, "name": "Dune"}, follow=True)
        self.assertContains(shown, "already exists")
        self.assertContains(shown, "Jane Austen")


class StoredTextTests(CastTestCase):
    """Books from before the rules for text."""

    def setUp(self) -> None:
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE books_book DISABLE TRIGGER USER")
            self.book = make_book("old\u200bname", author="Zoe\u0308 ", description="one\r\ntwo \n")
            cursor.execute("ALTER TABLE books_book ENABLE TRIGGER USER")
        self.path = reverse("admin:books_book_change", args=[self.book.pk])

    def sent(self, **changes: str) -> dict[str, str]:
        """Returns the form as a browser sends it, which has two characters for each line end."""
        texts = {name: getattr(self.book, name) for name in ("name", "author", "description")}
        texts["description"] = texts["description"].replace("\r\n", "\n").replace("\n", "\r\n")
        return {**texts, "book_type": self.book.book_type, "copies": str(self.book.copies), **changes}

    def test_saving_a_book_unchanged_changes_and_logs_nothing(self) -> None:
        with CaptureQueriesContext(connection) as ran:
            self.assertRedirects(self.client.post(self.path, self.sent()), LIST, fetch_redirect_response=False)
        self.assertFalse([query["sql"] for query in ran if 'UPDATE "books_book"' in query["sql"]])
        self.assertFalse(LogEntry.objects.exists())

    def test_another_field_can_be_changed(self) -> None:
        self.assertRedirects(self.client.post(self.path, self.sent(copies="9")), LIST)
        response = call("PATCH", f"/api/v3/books/{self.book.pk}/", {"name": self.book.name}, by=self.librarian)
        self.assertEqual(response.status_code, 200, response.content)
        book = Book.objects.get()
        self.assertEqual((book.copies, book.name, book.description), (9, "old\u200bname", "one\r\ntwo \n"))

    def test_the_field_itself_must_be_mended(self) -> None:
        self.assertContains(self.client.post(self.path, self.sent(name="older\u200bname")), "U+200B (ZERO WIDTH SPACE)")
        self.assertRedirects(self.client.post(self.path, self.sent(name="old name")), LIST)

    def test_ten_thousand_characters_are_counted_as_the_browser_counts_them(self) -> None:
        limit = MAX_DESCRIPTION_LENGTH
        text = "\r\n".join(["x"] * (limit // 2)) + "x"
        self.assertRedirects(self.client.post(self.path, self.sent(description=text)), LIST)
        self.assertEqual(len(Book.objects.get().description), limit)
        self.assertContains(self.client.post(self.path, self.sent(description=text + "x")), f"{limit}")
