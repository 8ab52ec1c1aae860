"""Searches in paginated lists: each row occurs once, and the index is used for rare and for common words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from books.models import Book
from books.tests.builders import make_book
from common.pagination import Keyset
from devices.models import Device
from devices.tests.builders import make_device

ROWS = 40
AT = datetime(2026, 3, 1, tzinfo=UTC)
BY_NAME = Keyset(Book)
NEWEST = Keyset(Device, "-created_at", "-slug")


def text_of(number: int) -> str:
    """Returns a text with `everywhere` in all rows except the first, `tenth` in every tenth, `last` in the last."""
    words = {"everywhere": number > 0, "tenth": number % 10 == 0, "last": number >= ROWS - 6, "one": number == 7}
    return " ".join(word for word, is_there in words.items() if is_there) or "nothing"


FOUND = {
    "everywhere": set(range(1, ROWS)),
    "tenth": {0, 10, 20, 30},
    "LAS": set(range(ROWS - 6, ROWS)),
    "one": {7},
    "none": set(),
    "everywhere tenth": {10, 20, 30},
    "last one": set(),
    "tenth tent": {0, 10, 20, 30},
    "& !": set(),
}


class SearchListTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for number in range(ROWS):
            text, kind = text_of(number), ("novel", "regular")[number % 2]
            make_book(f"{number:03}", description=text, book_type=kind)
            make_device(f"d-{number:03}", note=text, model_id=kind, at=AT - number // 2 * timedelta(days=1))

    def plan(self, rows: QuerySet[Any]) -> list[str]:
        """Returns the query plan without sequential and index scans, which are cheaper for so few rows."""
        with CaptureQueriesContext(connection) as statements:
            list(rows)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
            cursor.execute(f"EXPLAIN (VERBOSE, COSTS OFF) {statements[0]['sql']}")
            return [line.strip() for (line,) in cursor.fetchall()]

    def read(self, keyset: Keyset, rows: QuerySet[Any]) -> list[Any]:
        """Returns the rows of all pages. Asserts that they are the same backwards."""
        forwards, page = [], keyset.page(rows, size=3, position=None)
        forwards += page.rows
        while page.next_cursor:
            page = keyset.page(rows, size=3, position=keyset.position(page.next_cursor))
            forwards += page.rows
        backwards = list(page.rows)
        while page.previous_cursor:
            page = keyset.page(rows, size=3, position=keyset.position(page.previous_cursor))
            backwards = page.rows + backwards
        self.assertEqual(backwards, forwards)
        return forwards

    def test_each_matching_book_occurs_once_in_order(self) -> None:
        for text, numbers in FOUND.items():
            for kind, numbers_of_kind in ((None, numbers), ("novel", {n for n in numbers if n % 2 == 0})):
                with self.subTest(text=text, kind=kind):
                    rows = Book.objects.search(text).without_search_vector()
                    books = self.read(BY_NAME, rows.filter(book_type=kind) if kind else rows)
                    self.assertEqual([int(book.name) for book in books], sorted(numbers_of_kind))

    def test_each_matching_device_occurs_once_in_order(self) -> None:
        order = [int(device.slug[2:]) for device in Device.objects.all()]
        for text, numbers in FOUND.items():
            for exact, step in (({}, 1), ({"model": "novel"}, 2)):
                with self.subTest(text=text, exact=exact):
                    devices = self.read(NEWEST, Device.objects.search(text).filter(**exact).without_search_vector())
                    expected = [number for number in order if number in numbers and number % step == 0]
                    self.assertEqual([int(device.slug[2:]) for device in devices], expected)

    def test_a_search_can_be_combined_with_or_and_not(self) -> None:
        self.assertEqual((Book.objects.search("one") | Book.objects.filter(name="010")).count(), 2)
        self.assertEqual((Device.objects.search("one") | Device.objects.filter(slug="d-010")).count(), 2)
        self.assertEqual(Book.objects.exclude(pk__in=Book.objects.search("everywhere")).get().name, "000")

    def test_the_condition_is_written_twice(self) -> None:
        """Written once, PostgreSQL would read a million rows in the order of the list to find none."""
        books = Book.objects.search("tenth").without_search_vector()
        for rows in (books, Device.objects.search("tenth").without_search_vector(), Device.objects.search("tenth")):
            with self.subTest(rows=rows.model), CaptureQueriesContext(connection) as statements:
                list(rows[:21])
                self.assertEqual(statements[0]["sql"].count('"search" @@ search_query('), 2)

    def test_the_index_is_used(self) -> None:
        for rows, index in (
            (Book.objects.search("tenth").without_search_vector(), "book_search"),
            (Device.objects.search("tenth").without_search_vector(), "device_search"),
        ):
            with self.subTest(index=index):
                plan = self.plan(rows)
                self.assertTrue(any(f"on {index}" in line for line in plan), plan)
                condition = next(line for line in plan if line.startswith("Index Cond"))
                self.assertEqual(condition.count("@@"), 2)
                self.assertFalse(any(line.startswith("Filter") for line in plan), plan)

    def test_the_query_is_computed_once_and_not_for_each_row(self) -> None:
        plan = self.plan(Book.objects.search("tenth").without_search_vector())
        self.assertTrue(any("'tenth':*" in line.replace("''", "'") for line in plan), plan)
        self.assertNotIn("normalize", "".join(plan).lower())
