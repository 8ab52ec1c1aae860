"""Voiding rentals, by staff and by residents who rented by mistake."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase
from books.models import Book
from books.tests.builders import make_book
from rentals.balance import balance_of
from rentals.models import Hold, Rental
from rentals.services import rental_create
from rentals.tests.builders import make_rental
from rentals.tests.line import counts, make_hold, recount

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


class VoidTestCase(CastTestCase):
    def setUp(self) -> None:
        self.at = timezone.now()
        self.book = make_book(copies=1, book_type="fiction")

    def act(self, rental: Rental, act: str, by: Any, body: Any = None) -> Any:
        return self.call("POST", f"/api/v3/book_rentals/{rental.ref}/{act}/", body, by=by)

    def void(self, rental: Rental, by: Any) -> Any:
        return self.act(rental, "void", by, {"reason": "wrong book"})


class StaffVoidTests(VoidTestCase):
    def test_a_void_rental_costs_nothing_and_its_copy_is_free(self) -> None:
        rental = make_rental(self.reader, self.book, at=self.at - 5 * DAY)
        answer = self.assert_status(self.void(rental, self.librarian), 200)
        self.assertEqual((answer["status"], answer["charge"], answer["date_returned"]), ("void", "0.00", None))
        balance = balance_of(self.reader.pk, version="v3", at=self.at)
        self.assertEqual((balance["charges"], balance["open_rentals"]), (0, 0))
        self.assertEqual(Book.objects.get().available, 1)
        self.assertEqual(counts(self.book), recount(self.book))
        rental.refresh_from_db()
        self.assertEqual((rental.void_reason, rental.voided_by), ("wrong book", self.librarian))
        make_rental(self.reader, self.book, at=self.at)

    def test_the_copy_goes_to_the_first_in_line(self) -> None:
        rental = make_rental(self.reader, self.book, at=self.at)
        hold = make_hold(self.other, self.book, at=self.at)
        self.void(rental, self.librarian)
        self.assertEqual(Hold.objects.get(pk=hold.pk).status, "ready")
        self.assertEqual(counts(self.book), recount(self.book))

    def test_voiding_a_returned_rental_moves_no_copy(self) -> None:
        returned = make_rental(self.reader, self.book, at=self.at - 5 * DAY, returned=self.at - DAY)
        make_rental(self.other, self.book, at=self.at)
        answer = self.assert_status(self.void(returned, self.librarian), 200)
        self.assertEqual((answer["status"], answer["charge"]), ("void", "0.00"))
        self.assertIsNotNone(answer["date_returned"])
        self.assertEqual(counts(self.book)["copies_out"], 1)
        self.assertEqual(counts(self.book), recount(self.book))

    def test_a_void_rental_is_in_no_other_status_and_nothing_can_be_done_with_it(self) -> None:
        rental = make_rental(self.reader, self.book, at=self.at - 90 * DAY)
        self.void(rental, self.librarian)
        for act in ("return", "renew", "void", "return/undo"):
            with self.subTest(act):
                self.assert_status(self.act(rental, act, self.librarian, {"reason": "x"}), 409)
        for query, found in (("?status=void", 1), ("?status=rented", 0), ("?status=returned", 0), ("?overdue=true", 0)):
            with self.subTest(query):
                answer = self.call("GET", f"/api/v3/book_rentals/{query}", by=self.reader).json()
                self.assertEqual(len(answer["results"]), found)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Rental.objects.filter(pk=rental.pk).update(date_returned=timezone.now())

    def test_a_reason_is_required(self) -> None:
        rental = make_rental(self.reader, self.book, at=self.at)
        for body in (None, {}, {"reason": ""}, {"reason": " "}, {"reason": None}, {"reason": "x" * 501}):
            answer = self.assert_status(self.act(rental, "void", self.librarian, body), 400)
            self.assertEqual(list(answer), ["reason"])

    def test_only_the_resident_and_staff_of_the_library_void_a_rental(self) -> None:
        rental = make_rental(self.reader, self.book, at=self.at)
        for by, status in ((None, 401), (self.other, 404), (self.clerk, 403)):
            self.assert_status(self.void(rental, by), status)
        self.assertEqual(counts(self.book)["copies_out"], 1)


class OwnVoidTests(VoidTestCase):
    def test_a_resident_cancels_a_rental_soon_after_they_rented_it_themselves(self) -> None:
        answer = self.assert_status(self.void(make_rental(self.reader, self.book, at=self.at), self.reader), 200)
        self.assertEqual((answer["status"], answer["charge"]), ("void", "0.00"))
        self.assertEqual(Book.objects.get().available, 1)

    def test_not_after_cancel_minutes(self) -> None:
        rental = make_rental(self.reader, self.book, at=self.at - 31 * MINUTE)
        self.assert_status(self.void(rental, self.reader), 403)
        with override_settings(CANCEL_MINUTES=40):
            self.assert_status(self.void(rental, self.reader), 200)

    def test_not_what_staff_rented_for_them_nor_what_is_returned(self) -> None:
        rental = rental_create(user=self.reader, book=self.book, by=self.librarian, at=self.at)
        self.assert_status(self.void(rental, self.reader), 403)
        returned = make_rental(self.reader, make_book(), at=self.at, returned=self.at)
        self.assert_status(self.void(returned, self.reader), 403)

    def test_not_the_same_book_again_within_24_hours(self) -> None:
        self.assert_status(self.void(make_rental(self.reader, self.book, at=self.at), self.reader), 200)
        again = make_rental(self.reader, self.book, at=self.at)
        self.assert_status(self.void(again, self.reader), 403)
        self.assert_status(self.void(make_rental(self.reader, make_book(), at=self.at), self.reader), 200)
        Rental.objects.void().update(date_voided=self.at - DAY - MINUTE)
        self.assert_status(self.void(again, self.reader), 200)


class UndoTests(VoidTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.rental = make_rental(self.reader, self.book, at=self.at - 9.5 * DAY, returned=self.at - 5 * DAY)

    def undo(self, by: Any = None, status: int = 200) -> Any:
        answer = self.act(self.rental, "return/undo", by or self.librarian, {"reason": "another copy"})
        return self.assert_status(answer, status)

    def test_the_rental_is_out_again_and_charged_as_if_never_returned(self) -> None:
        answer = self.undo()
        self.assertEqual((answer["status"], answer["date_returned"], answer["charge"]), ("rented", None, "30.00"))
        self.assertEqual(counts(self.book), recount(self.book))
        self.assertEqual(counts(self.book)["copies_out"], 1)
        undone = self.rental.undone_returns.get()
        self.assertEqual((undone.date_returned, undone.undone_by), (self.at - 5 * DAY, self.librarian))
        self.assertEqual(undone.reason, "another copy")
        self.undo(status=409)

    def test_409_if_no_copy_is_left(self) -> None:
        make_rental(self.other, self.book, at=self.at)
        self.assertEqual(self.undo(status=409), {"detail": "This book has no copies left."})

    def test_409_if_the_copy_is_set_aside_for_another_resident(self) -> None:
        rental = make_rental(self.other, self.book, at=self.at)
        make_hold(self.admin, self.book, at=self.at)
        self.assert_status(self.act(rental, "return", self.librarian), 200)
        self.undo(status=409)
        self.assertEqual(counts(self.book), recount(self.book))

    def test_409_if_the_resident_has_the_book_again(self) -> None:
        Book.objects.update(copies=2)
        make_rental(self.reader, self.book, at=self.at)
        self.assertEqual(self.undo(status=409), {"detail": "This resident already has this book."})

    def test_409_if_the_account_is_closed(self) -> None:
        fields = dict.fromkeys(("email", "name", "phone", "address", "remarks"), "")
        User.objects.filter(pk=self.reader.pk).update(is_active=False, closed_at=self.at, **fields)
        self.assertEqual(self.undo(status=409), {"detail": "This account is closed."})
        self.assertEqual(counts(self.book)["copies_out"], 0)

    def test_only_staff_of_the_library_undo_and_say_why(self) -> None:
        for by in (self.reader, self.other, self.clerk):
            self.undo(by, 403)
        self.assertEqual(
            list(self.assert_status(self.act(self.rental, "return/undo", self.librarian), 400)), ["reason"]
        )
