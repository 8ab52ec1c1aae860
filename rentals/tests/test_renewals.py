"""Renewing rentals."""

from datetime import datetime, timedelta
from typing import Any

from django.test import override_settings
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.tests.builders import make_book
from rentals.models import Rental
from rentals.tests.builders import make_rental
from rentals.tests.line import counts, make_hold, recount

DAY = timedelta(days=1)


class RenewTests(CastTestCase):
    def setUp(self) -> None:
        self.at = timezone.now()
        self.book = make_book(copies=1, book_type="fiction")

    def rent(self, days: float) -> Rental:
        """Rents the book that many days ago."""
        return make_rental(self.reader, self.book, at=self.at - days * DAY)

    def renew(self, rental: Rental, by: Any) -> Any:
        return self.call("POST", f"/api/v3/book_rentals/{rental.ref}/renew/", by=by)

    def test_a_renewed_rental_is_due_loan_days_from_now_and_its_charge_goes_on(self) -> None:
        answer = self.assert_status(self.renew(self.rent(9.5), self.reader), 200)
        self.assertEqual((answer["renewals"], answer["status"], answer["charge"]), (1, "rented", "30.00"))
        left = datetime.fromisoformat(answer["date_due"]) - self.at
        self.assertLess(abs(left - 28 * DAY), timedelta(minutes=5))
        self.assertEqual(counts(self.book), recount(self.book))

    def test_staff_of_the_library_renew_any_rental_and_others_none(self) -> None:
        rental = self.rent(1)
        for by, status in ((None, 401), (self.other, 404), (self.clerk, 403), (self.librarian, 200)):
            self.assert_status(self.renew(rental, by), status)

    def test_409_after_renewals_times(self) -> None:
        rental = self.rent(1)
        for status in (200, 200, 409):
            answer = self.assert_status(self.renew(rental, self.reader), status)
        self.assertEqual(answer, {"detail": "This rental cannot be renewed again."})
        with override_settings(RENEWALS=3):
            self.assert_status(self.renew(rental, self.reader), 200)

    def test_409_if_somebody_waits_for_the_book(self) -> None:
        rental = self.rent(1)
        hold = make_hold(self.other, self.book, at=self.at)
        answer = self.assert_status(self.renew(rental, self.reader), 409)
        self.assertEqual(answer, {"detail": "Somebody waits for this book, so it cannot be renewed."})
        self.call("DELETE", f"/api/v3/holds/{hold.pk}/", by=self.other)
        self.assert_status(self.renew(rental, self.reader), 200)

    def test_an_overdue_rental_is_renewed_but_not_one_that_is_long_overdue(self) -> None:
        self.assert_status(self.renew(self.rent(28 + 29), self.reader), 200)
        self.book = make_book()
        rental = self.rent(28 + 31)
        self.assert_status(self.renew(rental, self.reader), 409)
        with override_settings(LONG_OVERDUE_DAYS=40):
            self.assert_status(self.renew(rental, self.reader), 200)

    def test_a_returned_rental_is_409(self) -> None:
        rental = make_rental(self.reader, self.book, at=self.at - DAY, returned=self.at)
        answer = self.assert_status(self.renew(rental, self.reader), 409)
        self.assertEqual(answer, {"detail": "This rental has already been returned."})
