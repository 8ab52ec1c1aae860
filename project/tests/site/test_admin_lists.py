"""The cost of lists in the back office does not depend on the number of rows."""

import re
from datetime import date
from itertools import product
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from accounts.models import User
from books.models import Book
from common.admin.changelists import DayRangeFilter
from common.admin.deletion import DeletableAdmin
from common.models import HistoryEntry
from project.tests.api.rows import AT
from project.tests.sampling import some_of
from project.tests.site.back_office import BackOfficeTestCase, address
from questions.models import Question
from rentals.models import Rental

COUNT = re.compile(r"\bCOUNT\(", re.IGNORECASE)
BOOKS = address(Book, "changelist")


def leading(model: type[models.Model]) -> set[str]:
    """Returns the first columns of the table's indexes."""
    options = model._meta
    found = {field.name for field in options.fields if field.unique or getattr(field, "db_index", False)}
    found |= {index.fields[0] for index in options.indexes if index.fields and not index.condition}
    return found | {
        one.fields[0] for one in options.constraints if isinstance(one, models.UniqueConstraint) and one.fields
    }


class ListTests(BackOfficeTestCase):
    def test_no_list_counts_a_whole_table(self) -> None:
        for model, _ in self.some_admins():
            for query in ("", "?q=example", "?o=1", "?_facets=True", "?p=2"):
                with CaptureQueriesContext(connection) as statements:
                    self.unrendered(address(model, "changelist") + query)
                counts = [one["sql"] for one in statements if COUNT.search(one["sql"])]
                if "q=" not in query:  # a search that cannot find anything counts nothing
                    self.assertTrue(counts, (model, query))
                for sql in counts:
                    self.assertRegex(sql, r"LIMIT 10001\) subquery$")

    def test_a_url_can_filter_only_by_the_declared_filters(self) -> None:
        """Other columns need a sequential scan, and Django fails on some values."""
        for model, _ in self.some_admins():
            column = model._meta.pk.name
            for query in (f"{column}__regex=9$9", f"{column}__range=1,2,3", f"{column}__icontains=9", "nothing=1"):
                with self.subTest(model=model.__name__, query=query), self.assertLogs("django.security"):
                    self.assertEqual(self.client.get(f"{address(model, 'changelist')}?{query}").status_code, 400)

    def test_any_days_can_be_chosen_in_any_time_zone(self) -> None:
        days = [
            (model, choice[0])
            for model, model_admin in self.some_admins()
            for choice in model_admin.list_filter
            if isinstance(choice, tuple) and issubclass(choice[1], DayRangeFilter)
        ]
        for zone, (model, field) in product(("Asia/Tokyo", "America/New_York"), days):
            for day in (date.min, date.max):
                with self.subTest(zone=zone, model=model.__name__, day=day), timezone.override(ZoneInfo(zone)):
                    query = {f"{field}_from": day.isoformat(), f"{field}_to": day.isoformat()}
                    self.assertEqual(self.client.get(address(model, "changelist"), query).status_code, 200)

    def test_an_action_on_an_unknown_row_asks_to_select_rows(self) -> None:
        for model, _ in self.some_admins():
            for key in some_of(("\0", "abc", "", "1.5", "9" * 30), model):
                with self.subTest(model=model.__name__, key=key):
                    form = {"action": "delete_selected", "_selected_action": key, "index": "0"}
                    self.assertLess(self.client.post(address(model, "changelist"), form).status_code, 500)

    def test_the_delete_confirmation_counts_related_rows_up_to_a_limit(self) -> None:
        book = Book.objects.create(name="Dune", author="A", book_type="novel")
        users = [User(username=f"holder{number}") for number in range(4)]
        times = {"date_rented": AT, "date_due": AT, "date_returned": AT}
        Rental.objects.bulk_create(
            Rental(user=user, book=book, book_type="novel", **times) for user in User.objects.bulk_create(users)
        )
        delete = address(Book, "delete", book.pk)
        self.assertContains(self.client.get(delete), "4 rentals")
        with patch("common.admin.deletion.MAX_COUNTED_ROWS", 2), CaptureQueriesContext(connection) as statements:
            self.assertContains(self.client.get(delete), "more than 2 rentals")
        self.assertTrue([one for one in statements if "LIMIT 3" in one["sql"]])

    def test_beyond_the_limit_a_list_says_more_and_has_no_further_pages(self) -> None:
        Book.objects.bulk_create(Book(name=f"Book {number}", author="A", book_type="novel") for number in range(9))
        model_admin = dict(self.admins())[Book]
        with patch("common.admin.changelists.MAX_COUNTED_ROWS", 6), patch.object(model_admin, "list_per_page", 3):
            shown = self.client.get(BOOKS)
            self.assertContains(shown, "More than 6 books. Search or filter to see more.")
            self.assertNotContains(shown, "6 results")
            self.assertNotContains(shown, "across all pages")  # which would act on more than anybody has seen
            self.assertEqual(len(self.client.get(BOOKS + "?p=2").context["cl"].result_list), 3)
            for page in (3, 9000):
                with CaptureQueriesContext(connection) as statements:
                    self.assertRedirects(self.client.get(f"{BOOKS}?p={page}"), BOOKS + "?e=1")
                self.assertFalse([one for one in statements if "OFFSET 26997" in one["sql"]])
            self.assertContains(self.client.get(BOOKS + "?q=7"), "1 book")
        self.assertNotContains(self.client.get(BOOKS), "More than")

    def test_only_indexed_columns_can_be_sorted(self) -> None:
        for model, _ in self.some_admins():
            shown = self.changelist(address(model, "changelist"))
            for name in shown.sortable_by:
                self.assertIn(shown.get_ordering_field(name), leading(model))

    def test_a_list_is_sorted_by_a_column_of_times(self) -> None:
        path = address(Question, "changelist")
        columns = self.changelist(path).list_display
        [number] = [n for n, column in enumerate(columns) if getattr(column, "admin_order_field", "") == "created"]
        self.assertEqual(self.ordering(f"{path}?o={number}")[0], "created")

    def test_a_url_cannot_sort_by_other_columns(self) -> None:
        for model, _ in self.some_admins():
            path = address(model, "changelist")
            unsorted = self.ordering(path + "?o=99")
            shown = self.changelist(path)
            for number, name in enumerate(shown.list_display):
                if name not in shown.sortable_by:
                    self.assertEqual(self.ordering(f"{path}?o={number}"), unsorted, (path, name))

    def ordering(self, path: str) -> tuple[Any, ...]:
        return self.changelist(path).queryset.query.order_by

    def test_an_action_changes_only_the_selected_rows_of_the_page(self) -> None:
        chosen: dict[str, Any] = {
            "action": "delete_selected",
            "_selected_action": [self.row(Book).pk],
            "select_across": "1",
        }
        shown = self.client.post(BOOKS, {**chosen, "post": "yes"}, follow=True)
        self.assertContains(shown, "Select the rows on this page.")
        self.assertTrue(Book.objects.filter(pk=self.row(Book).pk).exists())

    def test_selected_rows_are_kept_when_one_of_them_was_already_deleted(self) -> None:
        for model, model_admin in self.some_admins():
            if "delete_selected" not in model_admin.get_actions(self.request()):
                continue
            with self.subTest(model=model.__name__):
                self.assertIsInstance(model_admin, DeletableAdmin)
                key = self.row(model).pk
                selected = {"action": "delete_selected", "_selected_action": [key, f"{key}99999"], "post": "yes"}
                shown = self.client.post(address(model, "changelist"), selected, follow=True)
                self.assertContains(shown, "Nothing was deleted. A selected row was already deleted.")
                self.assertTrue(model._default_manager.filter(pk=key).exists())

    def test_times_are_short(self) -> None:
        """In Spanish, the times of Django's lists had up to four lines. Values of the history are as on pages."""
        for model, _ in self.some_admins():
            if model is HistoryEntry:
                continue
            with self.subTest(model=model.__name__), override("es"):
                page = self.client.get(address(model, "changelist"), headers={"accept-language": "es"})
                self.assertNotRegex(page.content.decode(), r"\d de \w+ de \d{4} a las")
