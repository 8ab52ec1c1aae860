"""Every list of the API: completeness, pages and a constant number of queries. New lists are found automatically."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.pagination import Keyset
from project.tests.api.routes import Route, RoutesTestCase, current_routes
from project.tests.api.rows import ROW, make_rows, row_of
from project.tests.sampling import some_of
from rentals.models import Rental

FEW, MANY = 5, 25


class ListTests(RoutesTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        make_rows(cls.reader, FEW)

    def lists(self) -> list[Route]:
        return [route for route in current_routes() if route.is_list]

    def get(self, url: str, by: User) -> dict[str, Any]:
        return self.assert_json(self.send("GET", url.removeprefix("http://testserver"), by=by), 200)

    def test_following_next_visits_every_row_once_and_previous_leads_back(self) -> None:
        self.assertGreaterEqual(len(self.lists()), 5)
        for route in some_of(self.lists(), self.id()):
            whole = self.get(f"{route.path}?page_size=100", self.admin)
            self.assertEqual((whole["next"], whole["previous"]), (None, None))
            for size in (1, 3, len(whole["results"])):
                with self.subTest(route=str(route), size=size):
                    page = self.get(f"{route.path}?page_size={size}", self.admin)
                    pages = [page["results"]]
                    while page["next"]:
                        page = self.get(page["next"], self.admin)
                        pages.append(page["results"])
                    self.assertEqual([row for rows in pages for row in rows], whole["results"])
                    back = [page["results"]]
                    while page["previous"]:
                        page = self.get(page["previous"], self.admin)
                        back.append(page["results"])
                    self.assertEqual(back, pages[::-1])

    def test_links_keep_the_query_parameters(self) -> None:
        for route in self.lists():
            if not route.filled:
                with self.subTest(route=str(route)):
                    page = self.get(f"{route.path}?page_size=1", self.admin)
                    if page["next"]:
                        self.assertIn("page_size=1", page["next"])
        following = self.get("/api/v3/books/?page_size=1&available=true&q=", self.admin)["next"]
        self.assertRegex(following, r"\?available=true&cursor=[^&]+&page_size=1&q=$")

    def test_an_unknown_parameter_is_named(self) -> None:
        for route in self.lists():
            with self.subTest(route=str(route)):
                response = self.send("GET", f"{route.path}?page_size=0&colour=red&%C3%A9=", by=self.admin)
                self.assertEqual(set(self.assert_json(response, 400)), {"page_size", "colour", "é"})

    def test_the_size_of_a_page(self) -> None:
        for route in some_of(self.lists(), self.id()):
            for size, status in ((0, 400), (1, 200), (100, 200), (101, 400), (-1, 400)):
                with self.subTest(route=str(route), size=size):
                    response = self.send("GET", f"{route.path}?page_size={size}", by=self.admin)
                    self.assert_json(response, status)

    def test_the_number_of_queries_does_not_grow_with_the_rows(self) -> None:
        few = {route: self.queries(route) for route in some_of(self.lists(), self.id())}
        make_rows(self.reader, MANY)
        for route, queries in few.items():
            with self.subTest(route=str(route)):
                many = self.queries(route)
                self.assertEqual(len(many), len(queries), "\n".join(many))
                self.assertLessEqual(len(many), 6, "\n".join(many))
        self.assertEqual(len(self.get("/api/v3/books/?page_size=100", self.admin)["results"]), MANY)
        self.assertIsNotNone(self.get(f"/api/v3/accounts/?page_size={MANY}", self.admin)["next"])

    def queries(self, route: Route) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            self.get(f"{route.path}?page_size=100", self.admin)
        return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]

    def test_a_composite_order_over_a_relation_keeps_annotations(self) -> None:
        keyset = Keyset(Rental, "-user_id", "-ref")
        for number in range(23):
            row_of(Rental, self.reader, number)
        rows = Rental.objects.with_charge("v3", at=Rental.objects.get(ref=ROW).date_rented).prefetch_related("book")
        expected = list(rows.order_by("-user_id", "-ref"))
        page = keyset.page(rows, size=5, position=None)
        found = list(page.rows)
        while page.next_cursor:
            page = keyset.page(rows, size=5, position=keyset.position(page.next_cursor))
            found += page.rows
        self.assertEqual(found, expected)
        self.assertTrue(all(rental.charge for rental in found))
        with self.assertNumQueries(0):
            self.assertTrue(all(rental.book.name for rental in found))
