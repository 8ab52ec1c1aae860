"""The endpoints of rentals: renting, reading and returning."""

from datetime import datetime, timedelta
from typing import Any

from django.test import override_settings
from django.utils import timezone

from accounts.tests.cast import CastTestCase, access_token
from books.models import Book
from books.tests.builders import make_book
from rentals.models import Rental
from rentals.tests.builders import make_rental

FIELDS = {"ref", "user", "book", "status", "date_rented", "date_due", "date_returned", "renewals", "charge"}


def loan_period(rental: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(rental["date_due"]) - datetime.fromisoformat(rental["date_rented"])


class RentTests(CastTestCase):
    def setUp(self) -> None:
        self.book = make_book(copies=2, book_type="novel")

    def rent(self, body: Any, by: Any, path: str = "/api/v3/book_rentals/") -> Any:
        return self.call("POST", path, body, by=by)

    def test_a_resident_rents_a_book(self) -> None:
        answer = self.assert_status(self.rent({"book": self.book.pk}, self.reader), 201)
        self.assertEqual(set(answer), FIELDS)
        self.assertEqual(
            (answer["user"], answer["book"], answer["status"], answer["date_returned"], answer["charge"]),
            (self.reader.pk, self.book.pk, "rented", None, "4.50"),
        )
        self.assertTrue(answer["date_rented"].endswith("Z"))
        self.assertEqual(loan_period(answer), timedelta(days=28))
        book = self.call("GET", f"/api/v3/books/{self.book.pk}/").json()
        self.assertEqual((book["copies"], book["available"]), (2, 1))

    def test_the_path_of_older_clients_and_the_tariff_of_each_version(self) -> None:
        for path, charge in (
            ("/api/v1/book_rentals/create", "1.00"),
            ("/api/v2/book_rentals/create/", "1.50"),
            ("/api/v3/book_rentals/create", "4.50"),
            ("/api/book_rentals/create", "4.50"),
        ):
            with self.subTest(path=path):
                book = make_book(book_type="novel")
                self.assertEqual(
                    self.assert_status(self.rent({"book": book.pk}, self.reader, path), 201)["charge"], charge
                )
        self.assert_status(self.call("GET", "/api/v3/book_rentals/create", by=self.reader), 405)

    @override_settings(LOAN_DAYS=7)
    def test_the_due_date_is_stored_on_the_rental(self) -> None:
        answer = self.assert_status(self.rent({"book": self.book.pk}, self.reader), 201)
        with override_settings(LOAN_DAYS=14):
            shown = self.call("GET", f"/api/v3/book_rentals/{answer['ref']}/", by=self.reader).json()
        self.assertEqual(loan_period(shown), timedelta(days=7))

    def test_409_if_the_book_has_no_copies_left(self) -> None:
        book = make_book(copies=1)
        self.assert_status(self.rent({"book": book.pk}, self.reader), 201)
        answer = self.assert_status(self.rent({"book": book.pk}, self.other), 409)
        self.assertEqual(answer, {"detail": "This book has no copies left."})
        self.assert_status(self.rent({"book": make_book(copies=0).pk}, self.other), 409)

    def test_409_if_the_resident_already_has_the_book(self) -> None:
        for copies in (1, 2):
            book = make_book(copies=copies)
            self.assert_status(self.rent({"book": book.pk}, self.reader), 201)
            answer = self.assert_status(self.rent({"book": book.pk}, self.reader), 409)
            self.assertEqual(answer, {"detail": "This resident already has this book."})
            self.assertEqual(Book.objects.get(pk=book.pk).copies_out, 1)

    def test_a_returned_book_may_be_rented_again(self) -> None:
        book = make_book(copies=1)
        for _ in range(2):
            ref = self.assert_status(self.rent({"book": book.pk}, self.reader), 201)["ref"]
            self.assert_status(self.call("POST", f"/api/v3/book_rentals/{ref}/return/", by=self.librarian), 200)

    def test_an_unknown_or_invalid_book_is_400(self) -> None:
        invalid: list[Any] = [999999, 0, -1, "x", "", None, True, 1.0, [1], {}, 2**63, 2**200, "1.0"]
        for book in invalid:
            with self.subTest(book=book):
                self.assertEqual(list(self.assert_status(self.rent({"book": book}, self.reader), 400)), ["book"])
        self.assertEqual(list(self.assert_status(self.rent({}, self.reader), 400)), ["book"])
        self.assert_status(self.rent({"book": str(self.book.pk)}, self.reader), 201)

    def test_staff_rent_for_any_resident(self) -> None:
        body = {"book": self.book.pk, "user": self.reader.pk}
        self.assertEqual(self.assert_status(self.rent(body, self.librarian), 201)["user"], self.reader.pk)

    def test_the_own_id_null_and_an_empty_user_mean_the_caller(self) -> None:
        for user in (self.reader.pk, str(self.reader.pk), None, ""):
            with self.subTest(user=user):
                body = {"book": make_book().pk, "user": user}
                self.assertEqual(self.assert_status(self.rent(body, self.reader), 201)["user"], self.reader.pk)

    def test_another_user_without_permission_is_403_whether_it_exists_or_not(self) -> None:
        for user in (self.other.pk, 999999):
            for book in (self.book.pk, 999999, "x"):
                with self.subTest(user=user, book=book):
                    self.assert_status(self.rent({"book": book, "user": user}, self.reader), 403)
        self.assert_status(self.rent({"book": self.book.pk, "user": self.reader.pk}, self.clerk), 403)
        self.assertFalse(Rental.objects.exists())

    def test_all_invalid_fields_are_named_at_once(self) -> None:
        answer = self.assert_status(self.rent({"book": 999999, "user": 999999}, self.librarian), 400)
        self.assertEqual(set(answer), {"book", "user"})
        malformed: list[Any] = ["x", True, 1.5, [], {}, 2**80]
        for user in malformed:
            with self.subTest(user=user):
                answer = self.assert_status(self.rent({"book": self.book.pk, "user": user}, self.reader), 400)
                self.assertEqual(list(answer), ["user"])

    def test_renting_without_credentials_is_401(self) -> None:
        self.assert_status(self.rent({"book": self.book.pk}, None), 401)


class ReadTests(CastTestCase):
    def setUp(self) -> None:
        now = timezone.now()
        self.book = make_book(copies=5)
        self.open = make_rental(self.reader, self.book, at=now - timedelta(days=40))
        self.returned = make_rental(
            self.reader, make_book(), at=now - timedelta(days=60), returned=now - timedelta(days=20)
        )
        self.others = make_rental(self.other, self.book, at=now)

    def refs(self, by: Any, query: str = "", path: str = "/api/v3/book_rentals/") -> list[int]:
        answer = self.assert_status(self.call("GET", path + query, by=by), 200)
        return [rental["ref"] for rental in answer["results"]]

    def test_residents_see_their_own_rentals_and_staff_all_newest_first(self) -> None:
        own, returned, others = self.open.ref, self.returned.ref, self.others.ref
        self.assertEqual(self.refs(self.reader), [returned, own])
        self.assertEqual(self.refs(self.other), [others])
        for staff in (self.librarian, self.clerk, self.admin):
            self.assertEqual(self.refs(staff), [others, returned, own])
        self.assert_status(self.call("GET", "/api/v3/book_rentals/"), 401)

    def test_filters(self) -> None:
        own, returned, others = self.open.ref, self.returned.ref, self.others.ref
        for query, found in {
            f"?user={self.reader.pk}": [returned, own],
            f"?book={self.book.pk}": [others, own],
            "?status=rented": [others, own],
            "?status=returned": [returned],
            "?overdue=true": [own],
            "?overdue=false": [others, returned],
            f"?overdue=true&user={self.other.pk}": [],
            "?user=999999": [],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.refs(self.librarian, query), found)
        self.assertEqual(self.refs(self.reader, f"?user={self.other.pk}"), [])
        answer = self.call(
            "GET", "/api/v3/book_rentals/?user=x&book=&status=lost&overdue=maybe&page_size=101", by=self.reader
        )
        self.assertEqual(set(self.assert_status(answer, 400)), {"user", "book", "status", "overdue", "page_size"})

    def test_search_finds_the_book_the_resident_and_the_ref_among_those_that_the_caller_sees(self) -> None:
        emma = make_rental(self.other, make_book("Emma", author="Jane Austen"), at=timezone.now())
        for query, found in {
            "?q=emma": [emma.ref],
            f"?q={emma.ref}": [emma.ref],
            f"?q={self.reader.username}": [self.returned.ref, self.open.ref],
            f"?q={self.reader.username}+emma": [],
            "?q=--": [],
            "?q=emma&status=returned": [],
            "?q=": [emma.ref, self.others.ref, self.returned.ref, self.open.ref],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.refs(self.librarian, query), found)
        self.assertEqual(self.refs(self.other, "?q=emma"), [emma.ref])
        self.assertEqual(self.refs(self.reader, "?q=emma"), [])
        answer = self.call("GET", f"/api/v3/book_rentals/?q={'x' * 201}", by=self.librarian)
        self.assertEqual(list(self.assert_status(answer, 400)), ["q"])

    def test_only_its_resident_and_staff_see_a_rental(self) -> None:
        path = f"/api/v3/book_rentals/{self.open.ref}/"
        for by, status in (
            (None, 401),
            (self.reader, 200),
            (self.other, 404),
            (self.librarian, 200),
            (self.clerk, 200),
        ):
            with self.subTest(by=by and by.username):
                self.assert_status(self.call("GET", path, by=by), status)
        for ref in ("999999", "x", "0", "-1", "1.0", "9" * 30):
            with self.subTest(ref=ref):
                self.assert_status(self.call("GET", f"/api/v3/book_rentals/{ref}/", by=self.admin), 404)

    def test_only_the_user_and_staff_see_the_rentals_of_a_user(self) -> None:
        path = f"/api/v3/book_rentals/users/{self.reader.pk}/"
        self.assertEqual(self.refs(self.reader, path=path), [self.returned.ref, self.open.ref])
        self.assertEqual(self.refs(self.clerk, path=path), [self.returned.ref, self.open.ref])
        self.assertEqual(self.refs(self.librarian, path=f"/api/v3/book_rentals/users/{self.admin.pk}/"), [])
        self.assert_status(self.call("GET", path), 401)
        self.assert_status(self.call("GET", path, by=self.other), 404)
        self.assert_status(self.call("GET", "/api/v3/book_rentals/users/999999/", by=self.librarian), 404)

    @override_settings(MAX_RENTALS=1000)
    def test_the_number_of_queries_does_not_grow_with_the_rentals(self) -> None:
        bearer = {"authorization": f"Bearer {access_token(self.admin)}"}
        for rows in (5, 25):
            for _ in range(rows):
                make_rental(self.reader, make_book(), at=timezone.now())
            with self.assertNumQueries(2):  # the user of the token, and the rows
                self.client.get("/api/v3/book_rentals/?page_size=100", headers=bearer)
            with self.assertNumQueries(3):  # and the user of the path
                self.client.get(f"/api/v3/book_rentals/users/{self.reader.pk}/?page_size=100", headers=bearer)


class ReturnTests(CastTestCase):
    def setUp(self) -> None:
        self.book = make_book(copies=1, book_type="fiction")
        self.rental = make_rental(self.reader, self.book, at=timezone.now() - timedelta(days=3, hours=1))
        self.path = f"/api/v3/book_rentals/{self.rental.ref}/return/"

    def test_returning_stops_the_charge_and_makes_the_copy_available(self) -> None:
        answer = self.assert_status(self.call("POST", self.path, by=self.librarian), 200)
        self.assertEqual((answer["status"], answer["charge"]), ("returned", "12.00"))
        self.assertIsNotNone(answer["date_returned"])
        self.assertEqual(Book.objects.get().copies_out, 0)
        later = self.rental.date_rented + timedelta(days=300)
        self.assertEqual(Rental.objects.with_charge("v3", at=later).get().charge, 12)

    def test_returning_a_second_time_is_409(self) -> None:
        first = self.assert_status(self.call("POST", self.path, by=self.librarian), 200)
        answer = self.assert_status(self.call("POST", self.path, by=self.librarian), 409)
        self.assertEqual(answer, {"detail": "This rental has already been returned."})
        self.assertEqual(Book.objects.get().copies_out, 0)
        self.assertEqual(self.call("GET", self.path[:-7], by=self.librarian).json(), first)

    def test_only_staff_of_the_library_return_rentals(self) -> None:
        self.assert_status(self.call("POST", self.path), 401)
        for by in (self.reader, self.other, self.clerk):
            with self.subTest(by=by.username):
                self.assert_status(self.call("POST", self.path, by=by), 403)
        self.assert_status(self.call("POST", "/api/v3/book_rentals/999999/return/", by=self.librarian), 404)
        self.assert_status(self.call("GET", self.path, by=self.librarian), 405)
        self.assertEqual(Book.objects.get().copies_out, 1)

    def test_a_rented_book_is_not_deleted(self) -> None:
        path = f"/api/v3/books/{self.book.pk}/"
        self.call("POST", self.path, by=self.librarian)
        answer = self.assert_status(self.call("DELETE", path, by=self.librarian), 409)
        self.assertIn("1 rental", answer["detail"])
