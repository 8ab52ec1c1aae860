"""The endpoints of holds: placing, reading and cancelling, and what a resident must not do."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.tests.cast import CastTestCase, access_token
from books.models import Book
from books.tests.builders import make_book
from rentals.models import Hold
from rentals.tests.builders import make_rental
from rentals.tests.line import make_hold, make_users

HOLDS = "/api/v3/holds/"
FIELDS = {"id", "user", "book", "place", "status", "created", "ready_until"}


class HoldTestCase(CastTestCase):
    def setUp(self) -> None:
        """The one copy of the book is out."""
        self.at = timezone.now()
        self.book = make_book(copies=1)
        self.rental = make_rental(self.admin, self.book, at=self.at)

    def hold(self, body: Any, by: Any) -> Any:
        return self.call("POST", HOLDS, body, by=by)


class PlaceTests(HoldTestCase):
    def test_a_resident_waits_for_a_book_that_is_out(self) -> None:
        answer = self.assert_status(self.hold({"book": self.book.pk}, self.reader), 201)
        self.assertEqual(set(answer), FIELDS)
        self.assertEqual(
            (answer["user"], answer["book"], answer["place"], answer["status"], answer["ready_until"]),
            (self.reader.pk, self.book.pk, 1, "waiting", None),
        )
        self.assertTrue(answer["created"].endswith("Z"))
        self.assertEqual(self.assert_status(self.hold({"book": self.book.pk}, self.other), 201)["place"], 2)
        book = self.call("GET", f"/api/v3/books/{self.book.pk}/").json()
        due = self.rental.date_due.isoformat().replace("+00:00", "Z")
        self.assertEqual((book["available"], book["waiting"], book["next_due"]), (0, 2, due))

    def test_a_book_without_copies_can_be_waited_for(self) -> None:
        self.assert_status(self.hold({"book": make_book(copies=0).pk}, self.reader), 201)

    def test_a_second_hold_is_409_and_a_new_one_after_the_first_has_ended_is_last(self) -> None:
        first = self.assert_status(self.hold({"book": self.book.pk}, self.reader), 201)
        answer = self.assert_status(self.hold({"book": self.book.pk}, self.reader), 409)
        self.assertEqual(answer, {"detail": "This resident already has a hold on this book."})
        self.assert_status(self.hold({"book": self.book.pk}, self.other), 201)
        self.call("DELETE", f"{HOLDS}{first['id']}/", by=self.reader)
        self.assertEqual(self.assert_status(self.hold({"book": self.book.pk}, self.reader), 201)["place"], 2)

    def test_409_if_the_resident_has_the_book(self) -> None:
        answer = self.assert_status(self.hold({"book": self.book.pk}, self.admin), 409)
        self.assertEqual(answer, {"detail": "This resident already has this book."})

    def test_409_if_a_copy_can_be_rented_now(self) -> None:
        answer = self.assert_status(self.hold({"book": make_book().pk}, self.reader), 409)
        self.assertEqual(answer, {"detail": "A copy of this book can be rented now."})
        self.assertFalse(Hold.objects.exists())

    def test_staff_place_holds_for_any_resident(self) -> None:
        body = {"book": self.book.pk, "user": self.reader.pk}
        self.assertEqual(self.assert_status(self.hold(body, self.librarian), 201)["user"], self.reader.pk)

    def test_another_user_without_permission_is_403_whether_it_exists_or_not(self) -> None:
        for by in (self.reader, self.clerk):
            for user in (self.other.pk, 999999):
                self.assert_status(self.hold({"book": self.book.pk, "user": user}, by), 403)
        self.assert_status(self.hold({"book": self.book.pk, "user": 999999}, self.librarian), 400)

    def test_an_account_that_is_not_active_gets_no_hold(self) -> None:
        self.other.is_active = False
        self.other.save()
        self.assert_status(self.hold({"book": self.book.pk, "user": self.other.pk}, self.librarian), 409)


class ReadTests(HoldTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.first = make_hold(self.reader, self.book, at=self.at)
        self.second = make_hold(self.other, self.book, at=self.at)

    def found(self, by: Any, query: str = "") -> list[int]:
        answer = self.assert_status(self.call("GET", HOLDS + query, by=by), 200)
        return [hold["id"] for hold in answer["results"]]

    def test_residents_see_their_own_holds_and_staff_all_newest_first(self) -> None:
        self.assertEqual(self.found(self.reader), [self.first.pk])
        self.assertEqual(self.found(self.clerk), [])
        self.assertEqual(self.found(self.librarian), [self.second.pk, self.first.pk])
        self.assertEqual(self.call("GET", HOLDS).status_code, 401)

    def test_filters(self) -> None:
        self.call("DELETE", f"{HOLDS}{self.first.pk}/", by=self.reader)
        first, second = self.first.pk, self.second.pk
        for query, found in {
            f"?user={self.reader.pk}": [first],
            f"?book={self.book.pk}": [second, first],
            "?book=999999": [],
            "?status=waiting": [second],
            "?status=cancelled": [first],
            "?status=ready": [],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found(self.librarian, query), found)
        answer = self.call("GET", HOLDS + "?status=lost&user=x&colour=red", by=self.reader)
        self.assertEqual(set(self.assert_status(answer, 400)), {"status", "user", "colour"})

    def test_the_place_of_each_hold_takes_the_same_queries_for_any_number_of_holds(self) -> None:
        bearer = {"authorization": f"Bearer {access_token(self.reader)}"}
        for rows in (3, 30):
            for user in make_users(rows):
                make_hold(user, self.book, at=self.at)
            with self.assertNumQueries(4):  # the user of the token, two for the permission, and the rows
                page = self.client.get(HOLDS + "?page_size=100", headers=bearer).json()
        self.assertEqual([hold["place"] for hold in page["results"]], [1])
        page = self.call("GET", HOLDS + "?page_size=100", by=self.admin).json()
        self.assertEqual([hold["place"] for hold in page["results"]], list(range(35, 0, -1)))

    def test_only_its_resident_and_staff_see_and_cancel_a_hold(self) -> None:
        path = f"{HOLDS}{self.first.pk}/"
        for by, status in (
            (None, 401),
            (self.other, 404),
            (self.clerk, 404),
            (self.reader, 200),
            (self.librarian, 200),
        ):
            with self.subTest(by=by and by.username):
                self.assertEqual(self.call("GET", path, by=by).status_code, status)
                if status != 200:
                    self.assertEqual(self.call("DELETE", path, by=by).status_code, status)

    def test_a_cancelled_hold_moves_the_line_and_is_kept(self) -> None:
        path = f"{HOLDS}{self.first.pk}/"
        self.assert_status(self.call("DELETE", path, by=self.reader), 204)
        shown = self.call("GET", path, by=self.reader).json()
        self.assertEqual((shown["status"], shown["place"]), ("cancelled", None))
        self.assertEqual(self.call("GET", f"{HOLDS}{self.second.pk}/", by=self.other).json()["place"], 1)
        self.assertEqual(Book.objects.get(pk=self.book.pk).waiting, 1)
        self.assert_status(self.call("DELETE", path, by=self.reader), 409)

    def test_a_book_that_somebody_waits_for_is_not_deleted(self) -> None:
        book = make_book(copies=0)
        make_hold(self.reader, book, at=self.at + timedelta(days=1))
        answer = self.assert_status(self.call("DELETE", f"/api/v3/books/{book.pk}/", by=self.librarian), 409)
        self.assertIn("1 hold", answer["detail"])
