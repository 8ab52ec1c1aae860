"""What the library does with titles and authors of real books, in twenty scripts."""

import csv
import io
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import tag

from accounts.tests.cast import call
from books.models import Book
from books.tests.real_titles import add_real_titles, as_typed_elsewhere, real_titles, without_marks, words
from books.tests.test_spreadsheets import SpreadsheetTestCase

NOT_FOUND = """
    SELECT book.name, asked.text FROM unnest(%s::int[], %s::text[]) AS asked (id, text)
    JOIN books_book AS book ON book.id = asked.id WHERE NOT book.search @@ search_query(asked.text)
"""
EVERY = 100  # a title of so many goes through the API, and one of ten through an import


class StoredTitlesTests(SpreadsheetTestCase):
    def stored(self) -> list[Any]:
        return list(Book.objects.order_by("pk").values_list("name", "author"))

    def test_the_api_stores_and_returns_them_unchanged(self) -> None:
        for name, author in real_titles()[::EVERY]:
            body = {"name": name, "author": author, "book_type": "fiction"}
            with self.subTest(name=name):
                answer = self.assert_status(self.call("POST", "/api/v3/books/", body, by=self.librarian), 201)
                self.assertEqual((answer["name"], answer["author"]), (name, author))
        self.assertEqual(self.stored(), real_titles()[::EVERY])

    @tag("slow")
    def test_an_import_stores_them_and_an_export_returns_them(self) -> None:
        titles = real_titles()[::10]
        file = io.StringIO()
        csv.writer(file).writerows(["", name, author, "", "fiction", 1] for name, author in titles)
        self.confirm(self.upload(file.getvalue()))
        self.assertEqual(self.stored(), titles)
        self.assertEqual({(line[1], line[2]) for line in self.lines()[1:]}, set(titles))


@tag("slow")
class FoundTitlesTests(SpreadsheetTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        add_real_titles()
        cls.ids = {(book.name, book.author): book.pk for book in Book.objects.only("name", "author")}

    ids: dict[tuple[str, str], int]

    def test_all_are_stored_unchanged_and_none_is_taken_for_another(self) -> None:
        self.assertEqual(set(self.ids), set(real_titles()))
        self.assertGreaterEqual(len(self.ids), 2_000)

    def not_found(self, texts: dict[tuple[str, str], set[str]]) -> list[tuple[str, str]]:
        """Returns the names and texts of the books that a text does not find. `Book.objects.search` would take long."""
        pairs = [(self.ids[title], text) for title, asked in texts.items() for text in asked]
        with connection.cursor() as cursor:
            cursor.execute(NOT_FOUND, list(map(list, zip(*pairs, strict=True))))
            return cursor.fetchall()

    def test_the_whole_title_finds_them_as_another_keyboard_types_it(self) -> None:
        self.assertEqual(self.not_found({title: as_typed_elsewhere(title[0]) for title in real_titles()}), [])

    def test_each_word_finds_them_as_another_keyboard_types_it(self) -> None:
        typed = {
            title: {text for word in words(" ".join(title)) for text in as_typed_elsewhere(word)}
            for title in real_titles()[::5]
        }
        self.assertEqual(self.not_found(typed), [])
        self.assertEqual(len(self.not_found({real_titles()[0]: {"nowhere", "***"}})), 2)

    def test_the_api_finds_them(self) -> None:
        for title in real_titles()[::EVERY]:
            for text in as_typed_elsewhere(" ".join(title)):
                with self.subTest(title=title, text=text):
                    found = call("GET", f"/api/v3/books/?{urlencode({'q': text[:200]})}").json()["results"]
                    self.assertIn(self.ids[title], [book["id"] for book in found])

    def test_they_are_sorted_as_a_reader_sorts_them(self) -> None:
        """Without case and accents. Titles with other signs than letters and spaces are left out of the comparison."""
        keys = [without_marks(name).lower() for name in Book.objects.values_list("name", flat=True)]
        latin = [key for key in keys if key.replace(" ", "").isalpha() and key.isascii()]
        self.assertGreater(len(latin), 500)
        self.assertEqual(latin, sorted(latin))
