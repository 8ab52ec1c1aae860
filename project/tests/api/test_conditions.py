"""Conditional requests: the ETag of every row, If-Match before every change, and the address of every new row."""

import threading
from typing import Any

from django.db import connection, transaction
from django.test import Client, TransactionTestCase

from accounts.tests.cast import access_token, call, make_user
from books.models import Book
from project.tests.api.routes import Route, RoutesTestCase, current_routes

ETAG = r'^"[0-9a-f]{32}"$'
EXAMPLES: dict[str, Any] = {
    "/api/v3/books/": {"name": "Dune", "author": "Frank Herbert", "book_type": "novel"},
    "/api/v3/questions/": {"title": "Where?", "description": "There."},
    "/api/v3/scores/": {"input_value": 1},
    "/api/v3/persons/": {"name": "Ann", "email": "ann@example.org"},
    "/api/v3/officers/": {"name": "Ann", "badge_number": "X1"},
    "/api/v3/devices/": {"id": "/devices/x1", "deviceModel": "/devicemodels/m1", "name": "X", "note": "-"},
}


class ConditionTests(RoutesTestCase):
    def rows(self, *changes: str) -> list[Route]:
        """Returns the routes of single rows that are read and changed by one of these methods."""
        found = [route for route in current_routes() if set(changes) & set(route.methods) and "GET" in route.methods]
        # The admin changes none of the comments: only their authors do.
        return [route for route in found if "comments" not in route.path or "PUT" in changes]

    def body(self, route: Route) -> str:
        """Returns a body that the views accept which check it before they read the row."""
        return '{"text": "Yes."}' if "comments" in route.path else "{}"

    def test_a_row_has_the_same_etag_until_it_changes(self) -> None:
        self.assertGreater(len(self.rows("PATCH")), 6)
        for route in self.rows("PATCH"):
            with self.subTest(route=str(route)):
                first, second = (self.send("GET", route.path, by=self.admin) for _ in range(2))
                self.assertRegex(first["ETag"], ETAG)
                self.assertEqual(first["ETag"], second["ETag"])
                with transaction.atomic():
                    changed = call("PATCH", route.path, {}, by=self.admin)
                    after = call("GET", route.path, by=self.admin)
                    self.assertEqual((changed.status_code, changed["ETag"]), (200, after["ETag"]))
                    transaction.set_rollback(True)
                known = self.send("GET", route.path, by=self.admin, **{"if-none-match": first["ETag"]})
                self.assertEqual((known.status_code, known.content), (304, b""))

    def test_a_change_of_what_has_changed_since_is_refused(self) -> None:
        for route in self.rows("PUT", "PATCH"):
            for method in sorted({"PUT", "PATCH", "DELETE"} & set(route.methods)):
                with self.subTest(route=str(route), method=method):
                    answer = self.send(method, route.path, self.body(route), by=self.admin, **{"if-match": '"old"'})
                    self.assertEqual(answer.status_code, 412, answer.content)
                    self.assertEqual(set(answer.json()), {"detail"})
            self.assertEqual(self.send("GET", route.path, by=self.admin).status_code, 200)

    def test_a_change_of_what_is_as_read_is_made(self) -> None:
        for route in self.rows("PATCH"):
            with self.subTest(route=str(route)):
                etag = self.send("GET", route.path, by=self.admin)["ETag"]
                for wanted in (etag, "*", f'"old", {etag}'):
                    answer = self.send("PATCH", route.path, "{}", by=self.admin, **{"if-match": wanted})
                    self.assertEqual(answer.status_code, 200, answer.content)

    def test_a_weak_or_broken_etag_matches_nothing(self) -> None:
        route = self.rows("PATCH")[0]
        etag = self.send("GET", route.path, by=self.admin)["ETag"]
        for wanted in (f"W/{etag}", "", "x", etag.strip('"')):
            with self.subTest(wanted=wanted):
                answer = self.send("PATCH", route.path, "{}", by=self.admin, **{"if-match": wanted})
                self.assertEqual(answer.status_code, 412)

    def test_who_may_not_change_a_row_is_told_that_first(self) -> None:
        book = next(route for route in self.rows("PATCH") if "books" in route.path)
        answer = self.send("PATCH", book.path, "{}", by=self.reader, **{"if-match": '"old"'})
        self.assertEqual(answer.status_code, 403)

    def test_a_new_row_says_where_it_is(self) -> None:
        for path, body in EXAMPLES.items():
            for prefix in ("/api/v3/", "/api/v1/", "/api/"):
                with self.subTest(path=path, prefix=prefix), transaction.atomic():
                    answer = call("POST", path.replace("/api/v3/", prefix), body, by=self.admin)
                    self.assertEqual(answer.status_code, 201, answer.content)
                    version = "/api/v1/" if prefix == "/api/v1/" else "/api/v3/"
                    place = answer["Location"].removeprefix("http://testserver")
                    self.assertTrue(place.startswith(path.replace("/api/v3/", version)), place)
                    found = call("GET", place, by=self.admin)
                    self.assertEqual((found.status_code, found.json()["id"]), (200, answer.json()["id"]))
                    transaction.set_rollback(True)

    def test_every_list_that_takes_a_row_says_where_the_row_is(self) -> None:
        for route in current_routes():
            if route.is_list and "POST" in route.methods:
                with self.subTest(route=str(route)):
                    self.assertIsNotNone(route.view.created_route)


class ConditionRaceTests(TransactionTestCase):
    def test_of_two_changes_of_what_was_read_one_is_made(self) -> None:
        admin = make_user("admin", is_superuser=True)
        book = Book.objects.create(name="Dune", author="Frank Herbert", book_type="novel")
        path, token = f"/api/v3/books/{book.pk}/", f"Bearer {access_token(admin)}"
        etag = Client().get(path)["ETag"]
        ready, statuses = threading.Barrier(4), []

        def change(copies: int) -> None:
            ready.wait()
            try:
                answer = Client(headers={"authorization": token, "if-match": etag}).patch(
                    path, {"copies": copies}, content_type="application/json"
                )
                statuses.append(answer.status_code)
            finally:
                connection.close()

        threads = [threading.Thread(target=change, args=(copies,)) for copies in (2, 3, 4, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(statuses), [200, 412, 412, 412])
