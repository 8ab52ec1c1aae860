"""The endpoints of the catalog: list, detail, create, change, delete."""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.test import tag
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.models import MAX_DESCRIPTION_LENGTH, Book
from books.services import book_update
from books.tests.builders import make_book

NEW: dict[str, Any] = {
    "name": "Emma",
    "author": "Jane Austen",
    "description": "A matchmaker.",
    "book_type": "novel",
    "copies": 2,
}
NO_DETAILS = {"isbn": None, "publisher": "", "year": None, "language": "", "subjects": ""}
NEVER_RENTED = {"available": 2, "next_due": None, "waiting": 0, "times_rented": 0}


class BookListTests(CastTestCase):
    def names(self, query: str = "") -> list[str]:
        answer = self.assert_status(self.call("GET", f"/api/v3/books/{query}"), 200)
        return [book["name"] for book in answer["results"]]

    def test_everyone_reads_the_books_by_name(self) -> None:
        for name in ("Persuasion", "Emma", "Lady Susan"):
            make_book(name)
        self.assertEqual(self.names(), ["Emma", "Lady Susan", "Persuasion"])

    def test_a_book_has_the_fields_of_the_contract(self) -> None:
        book = make_book(**NEW)
        expected = {"id": book.pk, **NEW, **NO_DETAILS, "image": None, **NEVER_RENTED}
        self.assertEqual(self.assert_status(self.call("GET", f"/api/v3/books/{book.pk}/"), 200), expected)
        answer = self.assert_status(self.call("GET", "/api/v3/books/"), 200)
        self.assertEqual(answer, {"next": None, "previous": None, "results": [expected]})

    def test_filters_by_type_and_by_copies_left(self) -> None:
        make_book("Out", copies=1, copies_out=1, book_type="novel")
        make_book("In", copies=2, copies_out=1, book_type="novel")
        make_book("None", copies=0, book_type="fiction")
        self.assertEqual(self.names("?book_type=novel"), ["In", "Out"])
        self.assertEqual(self.names("?available=true"), ["In"])
        self.assertEqual(self.names("?available=false"), ["None", "Out"])
        self.assertEqual(self.names("?available=true&book_type=fiction"), [])

    def test_filters_by_author(self) -> None:
        for name, author in (("Persuasion", "Jane Austen"), ("Emma", "Jane Austen"), ("Austenland", "Shannon Hale")):
            make_book(name, author=author)
        self.assertEqual(self.names("?author=Jane+Austen"), ["Emma", "Persuasion"])
        self.assertEqual(self.names("?author=JANE++austen"), ["Emma", "Persuasion"])
        self.assertEqual(self.names("?author=Austen"), [])  # not a search
        self.assertEqual(self.names("?author=Jane+Austen&q=emma"), ["Emma"])
        for query in ("?author=", "?author=%00", f"?author={'x' * 1001}"):
            with self.subTest(query=query[:20]):
                answer = self.assert_status(self.call("GET", f"/api/v3/books/{query}"), 400)
                self.assertEqual(list(answer), ["author"])

    @tag("slow")
    def test_the_books_of_an_author_are_found_by_an_index(self) -> None:
        Book.objects.bulk_create(
            Book(name=f"{number:04}", author=f"Author {number % 100}", book_type="novel") for number in range(2_000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE books_book")
        self.assertIn("book_sorted_by_author", Book.objects.by_author("author 7")[:21].explain())

    def test_a_search_finds_words_by_their_beginnings_in_name_author_and_description(self) -> None:
        make_book("Catch-22", author="Joseph Heller", description="A bombardier wants to go home.")
        make_book("Les Misérables", author="Victor Hugo", description="Bread is stolen.")
        for query, found in {
            "?q=catch": ["Catch-22"],
            "?q=22": ["Catch-22"],
            "?q=hel+bomb": ["Catch-22"],
            "?q=atch": [],
            "?q=catch+hugo": [],
            "?q=MIS%C3%89R": ["Les Misérables"],
            "?q=miserables": ["Les Misérables"],
            "?q=catch22": ["Catch-22"],
            "?q=%26|!:*()'": [],
            "?q=": ["Catch-22", "Les Misérables"],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.names(query), found)

    def test_the_list_takes_as_many_queries_with_ten_books_as_with_a_hundred(self) -> None:
        for rows in (10, 100):
            Book.objects.bulk_create(
                Book(name=f"{rows}-{number}", author="A", book_type="novel") for number in range(rows)
            )
            with self.assertNumQueries(1):
                self.call("GET", "/api/v3/books/?page_size=100")
            with self.assertNumQueries(2):  # the keys that match, and their rows
                self.call("GET", "/api/v3/books/?page_size=100&q=1")


class BookWriteTests(CastTestCase):
    def test_a_librarian_adds_a_book(self) -> None:
        answer = self.assert_status(self.call("POST", "/api/v3/books/", NEW, by=self.librarian), 201)
        self.assertEqual(answer, {"id": answer["id"], **NEW, **NO_DETAILS, "image": None, **NEVER_RENTED})

    def test_a_book_has_one_copy_by_default(self) -> None:
        body = {name: value for name, value in NEW.items() if name not in ("copies", "description")}
        answer = self.assert_status(self.call("POST", "/api/v3/books/", body, by=self.librarian), 201)
        self.assertEqual((answer["copies"], answer["available"], answer["description"]), (1, 1, ""))

    def test_all_invalid_fields_are_named_at_once(self) -> None:
        body = {"name": "\0", "author": "", "book_type": "poem", "copies": -1}
        answer = self.assert_status(self.call("POST", "/api/v3/books/", body, by=self.librarian), 400)
        self.assertEqual(set(answer), {"name", "author", "book_type", "copies"})
        answer = self.assert_status(self.call("POST", "/api/v3/books/", {}, by=self.librarian), 400)
        self.assertEqual(set(answer), {"name", "author", "book_type"})

    def test_a_title_and_an_isbn_of_another_book_are_named_with_all_other_errors(self) -> None:
        make_book("Emma", author="Jane Austen", isbn="9780000000019")
        book = make_book("Persuasion", author="Jane Austen")
        taken = {"name": "EMMA", "author": "jane austen", "isbn": "0-00-000001-9"}
        path = f"/api/v3/books/{book.pk}/"
        for method, target, body, names in (
            ("POST", "/api/v3/books/", NEW | taken | {"copies": -1}, {"name", "isbn", "copies"}),
            ("POST", "/api/v3/books/", NEW | taken, {"name", "isbn"}),
            ("POST", "/api/v3/books/", taken | {"author": ""}, {"isbn", "author", "book_type"}),
            ("PUT", path, NEW | taken | {"book_type": "poem"}, {"name", "isbn", "book_type"}),
            ("PATCH", path, {"name": "Emma", "year": 0}, {"name", "year"}),  # with the author that the book has
            ("PATCH", path, {"author": "Jane Austen", "name": "Persuasion", "year": 0}, {"year"}),
        ):
            with self.subTest(method=method, body=body):
                answer = self.assert_status(self.call(method, target, body, by=self.librarian), 400)
                self.assertEqual(set(answer), names)

    def test_the_length_of_a_description_is_limited(self) -> None:
        for length, status in ((MAX_DESCRIPTION_LENGTH, 201), (MAX_DESCRIPTION_LENGTH + 1, 400)):
            body = {**NEW, "name": str(length), "description": "x" * length}
            answer = self.assert_status(self.call("POST", "/api/v3/books/", body, by=self.librarian), status)
        self.assertEqual(list(answer), ["description"])
        with self.assertRaises(IntegrityError), transaction.atomic():
            make_book(description="x" * (MAX_DESCRIPTION_LENGTH + 1))

    def test_copies_is_an_integer(self) -> None:
        for copies in (1.0, "1.0", True, "two", None, [1], 2**31, 2**70, "1_0", "\uff11"):
            with self.subTest(copies=copies):
                answer = self.call("POST", "/api/v3/books/", {**NEW, "copies": copies}, by=self.librarian)
                self.assertEqual(list(self.assert_status(answer, 400)), ["copies"])

    def test_read_only_and_unknown_fields_are_ignored(self) -> None:
        body = {**NEW, "id": 77, "available": 9, "copies_out": 2, "image": "x", "nonsense": 1}
        answer = self.assert_status(self.call("POST", "/api/v3/books/", body, by=self.librarian), 201)
        self.assertEqual((answer["available"], answer["image"]), (2, None))

    def test_put_replaces_a_book_and_patch_changes_fields(self) -> None:
        book = make_book("Old", copies=3, copies_out=1)
        answer = self.assert_status(self.call("PUT", f"/api/v3/books/{book.pk}/", NEW, by=self.librarian), 200)
        self.assertEqual((answer["name"], answer["copies"], answer["available"]), ("Emma", 2, 1))
        answer = self.assert_status(
            self.call("PATCH", f"/api/v3/books/{book.pk}/", {"copies": 5}, by=self.librarian), 200
        )
        self.assertEqual((answer["name"], answer["available"]), ("Emma", 4))
        answer = self.call("PUT", f"/api/v3/books/{book.pk}/", {"copies": 5}, by=self.librarian)
        self.assertEqual(set(self.assert_status(answer, 400)), {"name", "author", "book_type"})

    def test_a_replaced_book_may_keep_its_name(self) -> None:
        book = make_book("Emma")
        self.assert_status(self.call("PUT", f"/api/v3/books/{book.pk}/", NEW, by=self.librarian), 200)

    def test_copies_may_not_be_fewer_than_are_rented_out(self) -> None:
        book = make_book(copies=3, copies_out=2)
        path = f"/api/v3/books/{book.pk}/"
        self.assert_status(self.call("PATCH", path, {"copies": 2}, by=self.librarian), 200)
        self.assert_status(self.call("PATCH", path, {"copies": 1, "name": "New"}, by=self.librarian), 409)
        book.refresh_from_db()
        self.assertEqual((book.copies, book.name == "New"), (2, False))

    def test_changing_other_fields_does_not_overwrite_copies_out(self) -> None:
        book = make_book(copies=3)
        stale = Book.objects.get(pk=book.pk)
        Book.objects.filter(pk=book.pk).update(copies_out=2)
        book_update(book=stale, at=timezone.now(), author="Another")
        self.assertEqual(Book.objects.get(pk=book.pk).copies_out, 2)

    def test_changing_a_book_that_was_deleted_meanwhile_is_404(self) -> None:
        book = make_book()
        stale = Book.objects.get(pk=book.pk)
        book.delete()
        with self.assertRaises(Http404):
            book_update(book=stale, at=timezone.now(), author="Another")

    def test_a_misspelt_field_is_an_error(self) -> None:
        book = make_book("Emma")
        for changes in ({"auther": "Jane"}, {"copies_out": 5}, {"pk": 1}):
            with self.subTest(changes=changes), self.assertRaises(TypeError):
                book_update(book=book, at=timezone.now(), **changes)
        book.refresh_from_db()
        self.assertEqual((book.name, book.copies_out), ("Emma", 0))

    def test_delete(self) -> None:
        book = make_book()
        self.assert_status(self.call("DELETE", f"/api/v3/books/{book.pk}/", by=self.librarian), 204)
        self.assert_status(self.call("GET", f"/api/v3/books/{book.pk}/"), 404)
        self.assert_status(self.call("DELETE", f"/api/v3/books/{book.pk}/", by=self.librarian), 404)

    def test_writing_needs_the_permission(self) -> None:
        book = make_book()
        calls: list[tuple[str, str, Any]] = [
            ("POST", "/api/v3/books/", NEW),
            ("PUT", f"/api/v3/books/{book.pk}/", NEW),
            ("PATCH", f"/api/v3/books/{book.pk}/", {"copies": 2}),
            ("DELETE", f"/api/v3/books/{book.pk}/", None),
            ("DELETE", "/api/v3/books/999999/", None),
        ]
        for method, path, body in calls:
            with self.subTest(method=method, path=path):
                self.assert_status(self.call(method, path, body), 401)
                self.assert_status(self.call(method, path, body, by=self.reader), 403)
                self.assert_status(self.call(method, path, body, by=self.clerk), 403)
        self.assertEqual(Book.objects.get().name, book.name)

    def test_staff_status_without_a_permission_is_not_enough(self) -> None:
        self.reader.is_staff = True
        self.reader.save()
        self.assert_status(self.call("POST", "/api/v3/books/", NEW, by=self.reader), 403)
