"""The history in the back office: on the page of a row, and as a list."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import tag
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from books.models import Book
from books.tests.builders import make_book
from common.admin.times import short_time
from common.history import entries_of_row
from common.models import HistoryEntry
from infractions.tests.builders import make_officer

LIST = reverse("admin:common_historyentry_changelist")
FILL = """
    INSERT INTO common_historyentry (at, table_name, row_key, act, changes, door, user_id, officer_id, request_id)
    SELECT now() - number * interval '1 second', CASE WHEN number % 100 = 0 THEN 'books_book' ELSE 'scores_score' END,
        (number / 4)::text, 'insert', '{}', CASE WHEN number % 500 = 0 THEN '' ELSE 'api' END,
        number / 50, CASE WHEN number % 90 = 0 THEN number / 900 END, 'request-' || number
    FROM generate_series(1, 20000) number
"""


def history_page(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk])


class RowTests(CastTestCase):
    def setUp(self) -> None:
        User.objects.filter(pk=self.librarian.pk).update(is_staff=True)
        self.client.force_login(self.librarian)

    def test_the_page_of_a_row_shows_what_the_api_did(self) -> None:
        book = make_book("Dune")
        changes = {"name": "Dune Messiah", "copies": 7}
        self.assert_status(self.call("PATCH", f"/api/v3/books/{book.pk}/", changes, by=self.admin), 200)
        shown = self.client.get(history_page(book))
        for text in ("admin</bdi></a> (API)", "Book: changed", "Name: Dune → Dune Messiah", "Copies: 1 → 7", "Command"):
            self.assertContains(shown, text)
        entry = HistoryEntry.objects.filter(table_name="books_book").latest("at")
        self.assertContains(shown, short_time(entry.at))
        in_spanish = self.client.get(history_page(book), headers={"accept-language": "es"})
        self.assertContains(in_spanish, "Libro: se cambió")
        self.assertContains(in_spanish, "Ejemplares: 1 → 7")

    def test_it_needs_the_right_to_view_the_row(self) -> None:
        self.assertEqual(self.client.get(history_page(make_book())).status_code, 200)
        self.assertEqual(self.client.get(history_page(make_officer()[0])).status_code, 403)
        self.client.force_login(self.reader)
        self.assertEqual(self.client.get(history_page(make_book())).status_code, 302)

    def test_it_has_pages_and_a_constant_number_of_statements(self) -> None:
        book = make_book("Dune")
        counts = []
        for _ in range(2):
            for copies in range(1, 31):
                Book.objects.filter(pk=book.pk).update(copies=copies + 1)
            self.client.get(history_page(book))
            with CaptureQueriesContext(connection) as captured:
                first = self.client.get(history_page(book))
            counts.append(len(captured))
        self.assertEqual(counts[0], counts[1])
        self.assertNotContains(first, "Previous")
        seen, page = 0, history_page(book)
        while page:
            shown = self.client.get(page)
            seen += shown.content.decode().count("Book: changed")
            following = re.search(r'rel="next" href="([^"]+)"', shown.content.decode())
            page = unescape(following[1]) if following else ""
        self.assertEqual(seen, HistoryEntry.objects.filter(table_name="books_book", act="update").count())

    def test_a_broken_cursor_is_refused(self) -> None:
        self.assertEqual(self.client.get(f"{history_page(make_book())}?cursor=x").status_code, 400)


class ListTests(CastTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.admin)

    def found(self, query: str) -> set[int]:
        shown = self.client.get(f"{LIST}?{query}")
        self.assertEqual(shown.status_code, 200, query)
        return {entry.pk for entry in shown.context["cl"].result_list}

    def entry(self, **fields: Any) -> int:
        values = {"table_name": "books_book", "row_key": "1", "act": "update", "changes": {}, "door": "page"}
        return HistoryEntry.objects.create(**{"at": timezone.now(), "request_id": "", **values, **fields}).pk

    def test_it_is_searched_by_each_of_its_columns(self) -> None:
        HistoryEntry.objects.all().delete()
        plain = self.entry()
        by_hand = self.entry(door="", table_name="scores_score")
        of_row = self.entry(row_key="42", user_id=self.reader.pk, request_id="r-1")
        old = self.entry(at=timezone.now() - timedelta(days=90), officer_id=987_654_321)
        olga = make_officer(name="Olga Ortiz")[0]
        by_officer = self.entry(door="api", officer_id=olga.pk)
        HistoryEntry.objects.exclude(pk__in=(plain, by_hand, of_row, old, by_officer)).delete()
        today = timezone.localdate()
        for query, keys in {
            "": {plain, by_hand, of_row, old, by_officer},
            "table=scores_score": {by_hand},
            "row=42": {of_row},
            "user=READER": {of_row},
            f"user={self.reader.email}": {of_row},
            f"user={self.reader.pk}": {of_row},
            "user=x": set(),
            f"user={'9' * 30}": set(),
            "officer=987654321": {old},
            "officer=olga": {by_officer},
            f"officer={olga.badge_number}": {by_officer},
            "officer=\u00b2": set(),  # a digit that is no number
            "door=unknown": {by_hand},
            "door=page": {plain, of_row, old},
            "q=r-1": {of_row},
            f"at_to={today - timedelta(days=30)}": {old},
        }.items():
            with self.subTest(query):
                self.assertEqual(self.found(query), keys)

    def test_it_is_read_only_and_needs_its_right(self) -> None:
        entry = self.entry()
        change = reverse("admin:common_historyentry_change", args=[entry])
        self.assertEqual(self.client.get(change).status_code, 200)
        for path in (change, reverse("admin:common_historyentry_delete", args=[entry]), LIST.replace("y/", "y/add/")):
            self.assertEqual(self.client.post(path, {"post": "yes"}).status_code, 403, path)
        self.client.force_login(self.librarian)
        User.objects.filter(pk=self.librarian.pk).update(is_staff=True)
        self.assertEqual(self.client.get(LIST).status_code, 403)
        self.librarian.user_permissions.add(Permission.objects.get(codename="view_historyentry"))
        self.assertEqual(self.client.get(LIST).status_code, 200)

    def test_names_are_found_only_by_staff_who_may_see_the_rows_with_names(self) -> None:
        olga = make_officer(name="Olga Ortiz")[0]
        entries = {self.entry(user_id=self.reader.pk), self.entry(officer_id=olga.pk)}
        staff = make_user("archivist", is_staff=True)
        staff.user_permissions.set(Permission.objects.filter(codename__in=("view_historyentry", "view_book")))
        by_name = (f"user={self.reader.email}", "user=READER", "officer=olga", f"officer={olga.badge_number}")
        for user, found in ((self.admin, entries), (staff, set[int]())):
            self.client.force_login(user)
            self.assertEqual(self.found(f"user={self.reader.pk}") | self.found(f"officer={olga.pk}"), entries)
            for query in by_name:
                with self.subTest(user=user, query=query):
                    self.assertEqual(bool(self.found(query)), bool(found))

    @tag("slow")
    def test_each_search_reads_an_index_in_order(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(FILL)
            cursor.execute("ANALYZE common_historyentry")
        entries = HistoryEntry.objects.all()
        for index, rows in {
            "history_newest": entries,
            "history_of_table": entries.filter(table_name="books_book"),
            "history_by_user": entries.filter(user_id=7),
            "history_by_officer": entries.filter(officer_id=3),
            "history_by_door": entries.filter(door=""),
            "history_of_request": entries.search("request-77"),
            "history_of_row": entries_of_row(("scores_score",), 77),
        }.items():
            with self.subTest(index):
                plan = rows[:20].explain()
                self.assertIn(index, plan)
                self.assertNotIn("Sort", plan)
        self.assertIn("history_of_row", entries_of_row(("books_book", "scores_score"), 77)[:20].explain())
