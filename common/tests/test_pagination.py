"""Keyset pagination: each row once, in both directions, at a cost that does not depend on the page."""

import json
from collections.abc import Callable
from gc import collect
from itertools import chain
from typing import Any
from unittest import mock

from django.contrib.auth.models import Group, Permission
from django.db import connection, models
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import ThrottleWindow
from common.pagination import Keyset, Page, Position
from common.queries import kept_queries

NAMES = [
    "Ärger",
    "a",
    "B",
    "é",
    "e\u0301",
    "",
    " ",
    "Zoë",
    "z",
    "'; --",
    "%",
    "\\",
    "😀",
    "ﬁ",
    "A" * 60,
    *map(str, range(30)),
]


class PaginationTestCase(TestCase):
    def walk(
        self, keyset: Keyset, rows: Any, size: int, between: Callable[[Page], None] = lambda page: None
    ) -> list[Any]:
        """Returns all rows in the order of the `next` pages. Calls `between` after each page."""
        page = keyset.page(rows, size=size, position=None)
        found = list(page.rows)
        while page.next_cursor:
            between(page)
            page = keyset.page(rows, size=size, position=keyset.position(page.next_cursor))
            self.assertLessEqual(len(page.rows), size)
            self.assertTrue(set(found).isdisjoint(page.rows))  # else the list might have no end
            found += page.rows
        return found

    def walk_back(self, keyset: Keyset, rows: Any, size: int, position: Position) -> list[list[Any]]:
        pages: list[list[Any]] = []
        page = keyset.page(rows, size=size, position=position)
        while True:
            self.assertTrue(set(chain(*pages)).isdisjoint(page.rows))
            pages.append(page.rows)
            if not page.previous_cursor:
                return pages
            page = keyset.page(rows, size=size, position=keyset.position(page.previous_cursor))


class OrderTests(PaginationTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        Group.objects.all().delete()
        Group.objects.bulk_create(Group(name=name) for name in NAMES)
        windows = (
            ThrottleWindow(key=f"{hits}-{number:02}", hits=hits, ends=timezone.now())
            for hits in (1, 2, 3)
            for number in range(5)
        )
        ThrottleWindow.objects.bulk_create(windows)

    def orders(self) -> list[tuple[type[models.Model], tuple[str, ...]]]:
        """Returns orders by a unique text, an id, a column with ties and a relation with ties, in both directions."""
        ascending: list[tuple[type[models.Model], tuple[str, ...]]] = [
            (Group, ("name",)),
            (Group, ("id",)),
            (ThrottleWindow, ("hits", "key")),
            (ThrottleWindow, ("ends", "key")),
            (Permission, ("content_type", "id")),
        ]
        return ascending + [(model, tuple(f"-{key}" for key in order)) for model, order in ascending]

    def test_every_row_occurs_once_in_both_directions(self) -> None:
        for model, order in self.orders():
            keyset, rows = Keyset(model, *order), model._default_manager.all()
            expected = list(rows.order_by(*order))
            for size in (1, 2, 7, len(expected) - 1, len(expected), len(expected) + 1):
                with self.subTest(model=model.__name__, order=order, size=size):
                    self.assertEqual(self.walk(keyset, rows, size), expected)
                    end = keyset.position(keyset.cursor(expected[-1], forward=False))
                    back = self.walk_back(keyset, rows, size, end)
                    self.assertEqual([row for page in reversed(back) for row in page], expected[:-1])

    def test_a_page_is_one_query(self) -> None:
        keyset = Keyset(ThrottleWindow, "hits", "key")
        rows = ThrottleWindow.objects.all()
        first = keyset.page(rows, size=10, position=None)
        with self.assertNumQueries(1):
            keyset.page(rows, size=10, position=keyset.position(first.next_cursor or ""))

    def test_the_statements_of_a_queryset_that_stays_are_built_once(self) -> None:
        keyset, rows = Keyset(ThrottleWindow, "hits", "key"), ThrottleWindow.objects.all()
        expected = self.walk(keyset, rows, 10)
        with mock.patch.object(Keyset, "ordered", side_effect=AssertionError):
            self.assertEqual(self.walk(keyset, rows, 10), expected)
        del rows
        collect()
        self.assertFalse([kept for kept in kept_queries if kept.model is ThrottleWindow])

    def test_rows_that_stay_occur_once_while_others_are_added_and_deleted(self) -> None:
        keyset, rows = Keyset(ThrottleWindow, "-hits", "-key"), ThrottleWindow.objects.all()
        staying = set(rows.exclude(hits=2).values_list("key", flat=True))

        def change_rows(page: Page) -> None:
            last = page.rows[-1]
            ThrottleWindow.objects.filter(key=last.key).delete()  # the row of the cursor
            ThrottleWindow.objects.create(key=f"{last.hits}-new-{last.key}", hits=last.hits, ends=timezone.now())
            ThrottleWindow.objects.filter(hits=2).delete()

        found = [row.key for row in self.walk(keyset, rows, 4, change_rows)]
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(staying, set(found))

    def test_the_previous_page_of_an_empty_page_is_the_first_page(self) -> None:
        keyset, rows = Keyset(ThrottleWindow, "hits", "key"), ThrottleWindow.objects.all()
        first = keyset.page(rows, size=10, position=None)
        ThrottleWindow.objects.filter(key__gt=first.rows[-1].key).delete()
        page = keyset.page(rows, size=10, position=keyset.position(first.next_cursor or ""))
        self.assertEqual((page.rows, page.next_cursor, page.previous_cursor), ([], None, ""))
        self.assertEqual(page.links("http://x/?cursor=abc&q=1")["previous"], "http://x/?q=1")

    def test_filters_and_annotations_apply_to_every_page(self) -> None:
        keyset = Keyset(ThrottleWindow, "hits", "key")
        rows = ThrottleWindow.objects.exclude(hits=2).annotate(label=Concat(F("key"), Value("!")))
        found = self.walk(keyset, rows, 4)
        self.assertEqual(len(found), 10)
        self.assertTrue(all(row.label == row.key + "!" for row in found))

    def test_an_order_with_two_directions_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            Keyset(ThrottleWindow, "hits", "-key")

    def test_cursors_of_other_lists_are_refused(self) -> None:
        row = ThrottleWindow.objects.earliest("key")
        cursor = Keyset(ThrottleWindow, "hits", "key").cursor(row, forward=True)
        for other in (Keyset(ThrottleWindow, "-hits", "-key"), Keyset(ThrottleWindow, "key"), Keyset(Group, "id")):
            with self.assertRaises(ValueError):
                other.position(cursor)
        for made_up in ("", ":", "W10", cursor[:-1], cursor + "=", cursor.swapcase(), "é:é", "\0", cursor * 50):
            with self.subTest(cursor=made_up[:30]), self.assertRaises(ValueError):
                Keyset(ThrottleWindow, "hits", "key").position(made_up)


class CostTests(PaginationTestCase):
    """The cost of pages over 20,000 rows with the same value and an index on the order."""

    ROWS = 20_000
    keyset = Keyset(ThrottleWindow, "hits", "key")

    @classmethod
    def setUpTestData(cls) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO common_throttlewindow (key, hits, ends)"
                " SELECT lpad(n::text, 6, '0'), 1, now() FROM generate_series(1, %s) AS n",
                [cls.ROWS],
            )
            cursor.execute("CREATE INDEX throttle_by_hits ON common_throttlewindow (hits, key)")
            cursor.execute("ANALYZE common_throttlewindow")

    def plan(self, key: str, *, forward: bool) -> dict[str, Any]:
        """Returns the executed scan of the page after (or before) a row."""
        position = Position(forward, [1, key])
        with CaptureQueriesContext(connection) as captured:
            page = self.keyset.page(ThrottleWindow.objects.all(), size=20, position=position)
        self.assertEqual(len(page.rows), 20)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {captured[0]['sql']}")
            ((found,),) = cursor.fetchall()
        plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
        scan: dict[str, Any] = plan["Plans"][0]
        return scan

    def test_a_page_far_from_the_start_reads_as_little_as_a_near_one(self) -> None:
        near = self.plan("000021", forward=True)
        for key, forward in (
            ("010000", True),
            ("019970", True),
            ("019999", False),
            ("010000", False),
            ("000030", False),
        ):
            with self.subTest(key=key, forward=forward):
                scan = self.plan(key, forward=forward)
                self.assertIn(scan["Node Type"], ("Index Scan", "Index Only Scan"))
                self.assertEqual(scan["Index Name"], "throttle_by_hits")
                self.assertIn("ROW(", scan["Index Cond"])
                self.assertLessEqual(scan.get("Rows Removed by Filter", 0), 1)  # the row at the position
                self.assertLessEqual(scan["Actual Rows"], 21)
                self.assertLessEqual(scan["Shared Hit Blocks"] + scan["Shared Read Blocks"], 15)
                self.assertLess(scan["Total Cost"], 3 * near["Total Cost"] + 10)

    def test_no_row_is_lost_if_all_are_ties(self) -> None:
        rows = ThrottleWindow.objects.only("key", "hits")
        found = [row.key for row in self.walk(self.keyset, rows, 1000)]
        self.assertEqual(found, [f"{number:06}" for number in range(1, self.ROWS + 1)])
