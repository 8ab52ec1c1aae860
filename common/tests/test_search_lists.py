"""Searches in the order of a list: by the index of words, however many rows are found, and each of them once."""

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
BY_NAME = Keyset(Book, "name")
NEWEST = Keyset(Device, "-created_at", "-slug")


def text_of(number: int) -> str:
    """`everywhere` but in the first, `tenth` in some, `last` in those that no order has early, `one` in one."""
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
    "": set(range(ROWS)),
    "& !": set(range(ROWS)),
}


class SearchListTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for number in range(ROWS):
            text, kind = text_of(number), ("novel", "regular")[number % 2]
            make_book(f"{number:03}", description=text, book_type=kind)
            make_device(f"d-{number:03}", note=text, model_id=kind, at=AT - number // 2 * timedelta(days=1))

    def plan(self, rows: QuerySet[Any]) -> list[str]:
        """How PostgreSQL reads them where it may not read all, in no order or in the list's: few rows are soon read."""
        with CaptureQueriesContext(connection) as statements:
            list(rows)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
            cursor.execute(f"EXPLAIN (VERBOSE, COSTS OFF) {statements[0]['sql']}")
            return [line.strip() for (line,) in cursor.fetchall()]

    def read(self, keyset: Keyset, rows: QuerySet[Any]) -> list[Any]:
        """All pages, forwards; backwards they have the same."""
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

    def test_each_book_found_is_on_one_page_in_its_place(self) -> None:
        for text, numbers in FOUND.items():
            for kind, numbers_of_kind in ((None, numbers), ("novel", {n for n in numbers if n % 2 == 0})):
                with self.subTest(text=text, kind=kind):
                    rows = Book.objects.search(text).without_search_vector()
                    books = self.read(BY_NAME, rows.filter(book_type=kind) if kind else rows)
                    self.assertEqual([int(book.name) for book in books], sorted(numbers_of_kind))

    def test_each_device_found_is_on_one_page_in_its_place(self) -> None:
        order = [int(device.slug[2:]) for device in Device.objects.all()]
        for text, numbers in FOUND.items():
            for exact, step in (({}, 1), ({"model": "novel"}, 2)):
                with self.subTest(text=text, exact=exact):
                    devices = self.read(NEWEST, Device.objects.wanted(q=text, **exact))
                    expected = [number for number in order if number in numbers and number % step == 0]
                    self.assertEqual([int(device.slug[2:]) for device in devices], expected)

    def test_a_search_joins_with_others_by_or_and_not(self) -> None:
        self.assertEqual((Book.objects.search("one") | Book.objects.filter(name="010")).count(), 2)
        self.assertEqual((Device.objects.search("one") | Device.objects.filter(slug="d-010")).count(), 2)
        self.assertEqual(Book.objects.exclude(pk__in=Book.objects.search("everywhere")).get().name, "000")

    def test_it_is_said_twice(self) -> None:
        """Said once, PostgreSQL reads a million rows in the order of the list to find none."""
        books = Book.objects.search("tenth").without_search_vector()
        for rows in (books, Device.objects.wanted(q="tenth"), Device.objects.search("tenth")):
            with self.subTest(rows=rows.model), CaptureQueriesContext(connection) as statements:
                list(rows[:21])
                self.assertEqual(statements[0]["sql"].count('"search" @@ to_tsquery('), 2)

    def test_it_is_answered_by_the_index(self) -> None:
        for rows, index in (
            (Book.objects.search("tenth").without_search_vector(), "book_search"),
            (Device.objects.wanted(q="tenth"), "device_search"),
        ):
            with self.subTest(index=index):
                plan = self.plan(rows)
                self.assertTrue(any(f"on {index}" in line for line in plan), plan)
                condition = next(line for line in plan if line.startswith("Index Cond"))
                self.assertEqual(condition.count("@@"), 2)
                self.assertFalse(any(line.startswith("Filter") for line in plan), plan)

    def test_the_words_are_worked_out_once_before_the_rows(self) -> None:
        plan = self.plan(Book.objects.search("tenth").without_search_vector())
        self.assertTrue(any("'tenth':*" in line.replace("''", "'") for line in plan), plan)
        self.assertNotIn("normalize", "".join(plan).lower())
