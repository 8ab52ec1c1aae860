"""Keyset pages: each row once, both ways, at one cost however far."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import connection, models
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import ThrottleWindow
from common.pagination import Keyset, Page, Position

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


class Walk(TestCase):
    def walk(
        self, keyset: Keyset, rows: Any, size: int, between: Callable[[Page], None] = lambda page: None
    ) -> list[Any]:
        """All rows in the order in which following `next` gives them; `between` happens after each page."""
        page = keyset.page(rows, size=size, position=None)
        found = list(page.rows)
        while page.next_cursor:
            between(page)
            page = keyset.page(rows, size=size, position=keyset.position(page.next_cursor))
            self.assertLessEqual(len(page.rows), size)
            found += page.rows
        return found

    def walk_back(self, keyset: Keyset, rows: Any, size: int, position: Position) -> list[list[Any]]:
        pages = []
        page = keyset.page(rows, size=size, position=position)
        while True:
            pages.append(page.rows)
            if not page.previous_cursor:
                return pages
            page = keyset.page(rows, size=size, position=keyset.position(page.previous_cursor))


class OrderTests(Walk):
    @classmethod
    def setUpTestData(cls) -> None:
        Group.objects.all().delete()
        Group.objects.bulk_create(Group(name=name) for name in NAMES)
        windows = (
            ThrottleWindow(key=f"{hits}-{number:02}", hits=hits, ends=timezone.now())
            for hits in (1, 2, 3)
            for number in range(15)
        )
        ThrottleWindow.objects.bulk_create(windows)

    def orders(self) -> list[tuple[type[models.Model], tuple[str, ...]]]:
        """A unique text, an id, ties, a relation with ties; upwards and downwards."""
        upwards: list[tuple[type[models.Model], tuple[str, ...]]] = [
            (Group, ("name",)),
            (Group, ("id",)),
            (ThrottleWindow, ("hits", "key")),
            (ThrottleWindow, ("ends", "key")),
            (Permission, ("content_type", "id")),
        ]
        return upwards + [(model, tuple(f"-{key}" for key in order)) for model, order in upwards]

    def test_every_row_once_and_the_same_way_back(self) -> None:
        for model, order in self.orders():
            keyset, rows = Keyset(model, *order), model._default_manager.all()
            expected = list(rows.order_by(*order))
            for size in (1, 2, 7, len(expected) - 1, len(expected), len(expected) + 1):
                with self.subTest(model=model.__name__, order=order, size=size):
                    self.assertEqual(self.walk(keyset, rows, size), expected)
                    end = keyset.position(keyset.cursor(expected[-1], forward=False))
                    back = self.walk_back(keyset, rows, size, end)
                    self.assertEqual([row for page in reversed(back) for row in page], expected[:-1])

    def test_a_page_is_one_statement(self) -> None:
        keyset = Keyset(ThrottleWindow, "hits", "key")
        rows = ThrottleWindow.objects.all()
        first = keyset.page(rows, size=10, position=None)
        with self.assertNumQueries(1):
            keyset.page(rows, size=10, position=keyset.position(first.next_cursor or ""))

    def test_rows_that_come_and_go_meanwhile(self) -> None:
        keyset, rows = Keyset(ThrottleWindow, "-hits", "-key"), ThrottleWindow.objects.all()
        steady = set(rows.exclude(hits=2).values_list("key", flat=True))

        def meddle(page: Page) -> None:
            last = page.rows[-1]
            ThrottleWindow.objects.filter(key=last.key).delete()  # the very row that the cursor names
            ThrottleWindow.objects.create(key=f"{last.hits}-new-{last.key}", hits=last.hits, ends=timezone.now())
            ThrottleWindow.objects.filter(hits=2).delete()

        found = [row.key for row in self.walk(keyset, rows, 4, meddle)]
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(steady, set(found))

    def test_when_all_that_follows_is_gone_the_way_back_leads_to_the_beginning(self) -> None:
        keyset, rows = Keyset(ThrottleWindow, "hits", "key"), ThrottleWindow.objects.all()
        first = keyset.page(rows, size=10, position=None)
        ThrottleWindow.objects.filter(key__gt=first.rows[-1].key).delete()
        page = keyset.page(rows, size=10, position=keyset.position(first.next_cursor or ""))
        self.assertEqual((page.rows, page.next_cursor, page.previous_cursor), ([], None, ""))
        self.assertEqual(page.links("http://x/?cursor=abc&q=1")["previous"], "http://x/?q=1")

    def test_filters_and_annotations_hold_on_every_page(self) -> None:
        keyset = Keyset(ThrottleWindow, "hits", "key")
        rows = ThrottleWindow.objects.exclude(hits=2).annotate(label=Concat(F("key"), Value("!")))
        found = self.walk(keyset, rows, 4)
        self.assertEqual(len(found), 30)
        self.assertTrue(all(row.label == row.key + "!" for row in found))

    def test_an_order_runs_in_one_direction(self) -> None:
        with self.assertRaises(ValueError):
            Keyset(ThrottleWindow, "hits", "-key")

    def test_cursors_of_other_lists_are_none_of_this_one(self) -> None:
        row = ThrottleWindow.objects.earliest("key")
        cursor = Keyset(ThrottleWindow, "hits", "key").cursor(row, forward=True)
        for other in (Keyset(ThrottleWindow, "-hits", "-key"), Keyset(ThrottleWindow, "key"), Keyset(Group, "id")):
            with self.assertRaises(ValueError):
                other.position(cursor)
        for made_up in ("", ":", "W10", cursor[:-1], cursor + "=", cursor.swapcase(), "é:é", "\0", cursor * 50):
            with self.subTest(cursor=made_up[:30]), self.assertRaises(ValueError):
                Keyset(ThrottleWindow, "hits", "key").position(made_up)


class CostTests(Walk):
    """20,000 rows that all share one value, under an index over the order."""

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
        """The scan of the page behind (or before) a row, as it was executed."""
        position = Position(forward, [1, key])
        with CaptureQueriesContext(connection) as captured:
            page = self.keyset.page(ThrottleWindow.objects.all(), size=20, position=position)
        self.assertEqual(len(page.rows), 20)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {captured[0]['sql']}")
            ((found,),) = cursor.fetchall()
        plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
        return plan["Plans"][0]

    def test_a_far_page_reads_as_little_as_a_near_one(self) -> None:
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
                self.assertNotIn("Filter", scan)
                self.assertNotIn("Rows Removed by Filter", scan)
                self.assertLessEqual(scan["Actual Rows"], 21)
                self.assertLessEqual(scan["Shared Hit Blocks"] + scan["Shared Read Blocks"], 15)
                self.assertLess(scan["Total Cost"], 3 * near["Total Cost"] + 10)

    def test_ties_of_all_rows_lose_none(self) -> None:
        rows = ThrottleWindow.objects.only("key", "hits")
        found = [row.key for row in self.walk(self.keyset, rows, 1000)]
        self.assertEqual(found, [f"{number:06}" for number in range(1, self.ROWS + 1)])
