"""How the first page of a search is found, whether its words are frequent, rare or at the end of the list."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connection
from django.db.models import QuerySet
from django.test import TestCase, tag
from django.test.utils import CaptureQueriesContext

from books.models import Book
from common import search
from common.pagination import Keyset
from common.search import first_matches
from devices.models import Device

ROWS = 3_000
# One name in three, and all dates, are the same. `late` is only at the end of the list, `odd` and `even` never meet.
BOOKS = """
    INSERT INTO books_book (name, author, description, book_type, copies, copies_out)
    SELECT CASE n %% 3 WHEN 0 THEN 'Same' ELSE to_char(n, '0000') END, 'Author ' || n,
        CASE n %% 2 WHEN 0 THEN 'even' ELSE 'odd' END
        || CASE WHEN n %% 3 = 0 AND n > %(rows)s / 2 THEN ' late' ELSE '' END
        || CASE n WHEN 1500 THEN ' single' ELSE '' END, (ARRAY['novel', 'fiction'])[1 + n %% 2], 1, 0
    FROM generate_series(1, %(rows)s) n"""
DEVICES = """
    INSERT INTO devices_devicemodel (slug) VALUES ('model');
    INSERT INTO devices_device (slug, model_id, name, note, serial, created_at, updated_at)
    SELECT 'device-' || n, 'model', 'Device', CASE n %% 2 WHEN 0 THEN 'even' ELSE 'odd' END
        || CASE n WHEN 1500 THEN ' single' ELSE '' END, 'B' || n, now(), now() FROM generate_series(1, %(rows)s) n"""


@tag("slow")
class FirstMatchesTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        with connection.cursor() as cursor:
            for statement in (BOOKS, DEVICES):
                cursor.execute(statement, {"rows": ROWS})
            cursor.execute("ANALYZE books_book; ANALYZE devices_device")

    def statements(self, model: Any, text: str, rows: QuerySet[Any] | None = None) -> list[str]:
        """Returns the statements that find the first page, which is compared with that of the plain search."""
        rows = model.objects.without_search_vector() if rows is None else rows
        keyset = Keyset(model)
        with CaptureQueriesContext(connection) as captured:
            page = keyset.page(rows, size=20, position=None, cut=first_matches(text))
        self.assertEqual(page, keyset.page(rows & model.objects.search(text), size=20, position=None))
        return [query["sql"] for query in captured]

    def plan(self, statement: str) -> str:
        """Returns the executed plan without sequential scans, which are cheaper for so few rows."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {statement}")
            return "\n".join(line for (line,) in cursor.fetchall())

    def test_frequent_words_are_found_among_the_first_rows(self) -> None:
        for model, order in ((Book, "book_sorted"), (Device, "device_newest")):
            walked, read = self.statements(model, "eve")
            with self.subTest(model=model.__name__):
                self.assertRegex(self.plan(walked), rf"Limit.*\n.*Index Scan (Backward )?using {order}")
                self.assertNotIn(" Sort ", self.plan(walked))
                self.assertNotIn("search", self.plan(read))

    def test_rare_words_are_read_through_their_index_and_sorted(self) -> None:
        for model, index in ((Book, "book_search"), (Device, "device_search")):
            for text, more in (("single", 1), ("odd even", 0), ("nothing", 0)):  # no statement for no keys
                _, through_index, *rest = self.statements(model, text)
                with self.subTest(model=model.__name__, text=text):
                    self.assertEqual(len(rest), more)
                    self.assertIn(index, self.plan(through_index))

    def test_words_at_the_end_of_the_list_take_a_bounded_number_of_statements(self) -> None:
        for then, number in ((2_900, 4), (600, 5)):
            with self.subTest(then=then), limits(first=10, then=then, most=100):
                self.assertEqual(len(self.statements(Book, "late")), number)

    def test_a_short_list_takes_two_statements_for_any_word(self) -> None:
        for text in ("even", "late", "single"):
            with limits(first=ROWS, then=1, most=1):
                self.assertEqual(len(self.statements(Book, text)), 2)

    def test_each_row_is_on_one_page_however_it_is_found(self) -> None:
        keyset, rows = Keyset(Book), Book.objects.without_search_vector()
        for first, most, then in ((1, 1, 1), (1, 1, 500), (1, 600, 1), (2, 5_000, 1), (10, 1_000, 3_000)):
            for text, filters in (("late", {}), ("even", {"book_type": "novel"}), ("single", {}), ("late odd", {})):
                with self.subTest(text=text, limits=(first, most, then)), limits(first=first, then=then, most=most):
                    found = list(self.pages(keyset, rows.filter(**filters), text))
                    self.assertEqual(found, list(rows.search(text).filter(**filters)))

    def pages(self, keyset: Keyset, rows: QuerySet[Any], text: str) -> Iterator[Book]:
        """Yields the rows of all pages. Asserts that each page is found again from the next."""
        cursor = None
        while True:
            position = keyset.position(cursor) if cursor else None
            page = keyset.page(rows, size=100, position=position, cut=first_matches(text))
            yield from page.rows
            cursor = page.next_cursor
            if not cursor:
                return
            following = keyset.page(rows, size=100, position=keyset.position(cursor), cut=first_matches(text))
            back = keyset.position(str(following.previous_cursor))
            self.assertEqual(keyset.page(rows, size=100, position=back, cut=first_matches(text)).rows, page.rows)


@contextmanager
def limits(*, first: int, then: int, most: int) -> Iterator[None]:
    with mock.patch.multiple(search, WALKED_FIRST=first, WALKED_THEN=then, MAX_SORTED=most):
        yield
