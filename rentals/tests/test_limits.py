"""How many books a resident can have and wait for, and how much they can owe."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.tests.builders import make_book
from rentals.services import payment_record
from rentals.tests.builders import make_rental


class LimitTests(CastTestCase):
    def rent(self, status: int) -> Any:
        body = {"book": make_book().pk}
        return self.assert_status(self.call("POST", "/api/v3/book_rentals/", body, by=self.reader), status)

    @override_settings(MAX_RENTALS=2)
    def test_409_at_max_rentals_open_ones(self) -> None:
        first = self.rent(201)
        self.rent(201)
        self.assertEqual(self.rent(409), {"detail": "This resident has as many books as is allowed: 2."})
        self.call("POST", f"/api/v3/book_rentals/{first['ref']}/return/", by=self.librarian)
        self.rent(201)

    def test_409_over_max_debt_with_the_amounts(self) -> None:
        now = timezone.now()
        make_rental(self.reader, make_book(book_type="fiction"), at=now - timedelta(days=3.5), returned=now)
        self.rent(201)  # by default, there is no limit
        with override_settings(MAX_DEBT=Decimal("13.99")):
            text = "This resident owes 14.00 USD, more than the limit of 13.99 USD."
            self.assertEqual(self.rent(409), {"detail": text})
        payment_record(user=self.reader, amount=Decimal("0.01"), note="", by=self.clerk, at=now)
        with override_settings(MAX_DEBT=Decimal("13.99")):
            self.rent(201)

    def test_409_at_max_holds_open_ones(self) -> None:
        books = [make_book(copies=0) for _ in range(3)]
        place = [partial(self.call, "POST", "/api/v3/holds/", {"book": book.pk}, by=self.reader) for book in books]
        with override_settings(MAX_HOLDS=2):
            first = self.assert_status(place[0](), 201)
            self.assert_status(place[1](), 201)
            detail = "This resident has as many holds as is allowed: 2."
            self.assertEqual(self.assert_status(place[2](), 409), {"detail": detail})
            self.assertEqual(
                self.assert_status(place[0](), 409), {"detail": "This resident already has a hold on this book."}
            )
            self.client.force_login(self.reader)
            page = self.client.post(reverse("pages:book", args=[books[2].pk]), {"hold": "on"})
            self.assertContains(page, detail, status_code=409)
            self.call("DELETE", f"/api/v3/holds/{first['id']}/", by=self.reader)
            self.assert_status(place[2](), 201)
