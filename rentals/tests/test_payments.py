"""Balances and payments."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import override_settings
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.tests.builders import make_book
from rentals.models import Payment
from rentals.services import payment_record
from rentals.tests.builders import make_rental


class BalanceTests(CastTestCase):
    def setUp(self) -> None:
        now = timezone.now()
        make_rental(self.reader, make_book(book_type="regular"), at=now - timedelta(days=2, hours=1))
        make_rental(self.reader, make_book(book_type="novel"), at=now - timedelta(days=9), returned=now)
        make_rental(self.other, make_book(), at=now)
        payment_record(user=self.reader, amount=Decimal(10), note="", by=self.clerk, at=now)
        payment_record(user=self.other, amount=Decimal(99), note="", by=self.clerk, at=now)

    def balance(self, version: str, user: int, by: Any) -> Any:
        return self.call("GET", f"/api/{version}book_rentals/users/balance/{user}/", by=by)

    def test_the_balance_is_charges_less_payments_in_the_tariff_of_the_version(self) -> None:
        for version, charges, balance in (
            ("v1/", "12.00", "2.00"),
            ("v2/", "18.00", "8.00"),
            ("v3/", "17.00", "7.00"),
            ("", "17.00", "7.00"),
        ):
            with self.subTest(version=version):
                answer = self.assert_status(self.balance(version, self.reader.pk, self.reader), 200)
                self.assertEqual(
                    answer,
                    {
                        "user_id": self.reader.pk,
                        "currency": "USD",
                        "charges": charges,
                        "paid": "10.00",
                        "balance": balance,
                        "open_rentals": 1,
                    },
                )

    def test_a_balance_of_zero_and_a_credit(self) -> None:
        answer = self.assert_status(self.balance("v3/", self.librarian.pk, self.librarian), 200)
        self.assertEqual((answer["charges"], answer["paid"], answer["balance"]), ("0.00", "0.00", "0.00"))
        answer = self.assert_status(self.balance("v3/", self.other.pk, self.other), 200)
        self.assertEqual(answer["balance"], "-97.00")

    def test_only_the_user_and_staff_see_a_balance(self) -> None:
        for by, status in ((None, 401), (self.other, 404), (self.librarian, 200), (self.clerk, 200), (self.admin, 200)):
            with self.subTest(by=by and by.username):
                self.assert_status(self.balance("v3/", self.reader.pk, by), status)
        self.assert_status(self.balance("v3/", 999999, self.librarian), 404)

    @override_settings(CURRENCY="EUR")
    def test_the_currency_is_a_setting(self) -> None:
        self.assertEqual(self.balance("v3/", self.reader.pk, self.reader).json()["currency"], "EUR")


class PaymentTests(CastTestCase):
    path = "/api/v3/payments/"

    def pay(self, by: Any, **body: Any) -> Any:
        return self.call("POST", self.path, {"user": self.reader.pk, "amount": "4.50", **body}, by=by)

    def test_the_accounts_desk_records_a_payment(self) -> None:
        answer = self.assert_status(self.pay(self.clerk, note="cash"), 201)
        self.assertTrue(answer.pop("date_paid").endswith("Z"))
        self.assertEqual(
            answer,
            {
                "id": answer["id"],
                "user": self.reader.pk,
                "amount": "4.50",
                "note": "cash",
                "recorded_by": self.clerk.pk,
                "voided": False,
            },
        )

    def test_an_amount_is_positive_with_at_most_two_places(self) -> None:
        for amount, stored in (
            ("0.01", "0.01"),
            ("99999999.99", "99999999.99"),
            (5, "5.00"),
            (0.1, "0.10"),
            ("7", "7.00"),
        ):
            with self.subTest(amount=amount):
                self.assertEqual(self.assert_status(self.pay(self.clerk, amount=amount), 201)["amount"], stored)
        invalid: list[Any] = [
            "0",
            "0.00",
            "-1",
            "100000000",
            "1.001",
            "NaN",
            "sNaN",
            "Infinity",
            "1e3",
            "1_0",
            "",
            None,
            True,
            [],
            "x",
        ]
        for amount in invalid:
            with self.subTest(amount=amount):
                self.assertEqual(list(self.assert_status(self.pay(self.clerk, amount=amount), 400)), ["amount"])

    def test_all_invalid_fields_are_named_at_once(self) -> None:
        answer = self.assert_status(self.pay(self.clerk, user=999999, amount="x", note="n" * 501), 400)
        self.assertEqual(set(answer), {"user", "amount", "note"})
        self.assertEqual(
            set(self.assert_status(self.call("POST", self.path, {}, by=self.clerk), 400)), {"user", "amount"}
        )

    def test_recording_needs_the_permission(self) -> None:
        self.assert_status(self.pay(None), 401)
        for by in (self.reader, self.other):
            self.assert_status(self.pay(by), 403)
        self.assertFalse(Payment.objects.exists())

    def test_only_the_payer_and_staff_see_a_payment(self) -> None:
        payment = self.pay(self.clerk).json()
        for by, status in (
            (None, 401),
            (self.reader, 200),
            (self.other, 404),
            (self.librarian, 200),
            (self.clerk, 200),
        ):
            with self.subTest(by=by and by.username):
                self.assert_status(self.call("GET", f"{self.path}{payment['id']}/", by=by), status)
        for by, found in ((self.reader, [payment]), (self.other, []), (self.clerk, [payment])):
            self.assertEqual(self.assert_status(self.call("GET", self.path, by=by), 200)["results"], found)
        self.assert_status(self.call("GET", f"{self.path}999999/", by=self.clerk), 404)

    def test_filters_by_user_and_by_voided(self) -> None:
        valid, void = self.pay(self.clerk).json(), self.pay(self.clerk).json()
        other = self.pay(self.clerk, user=self.other.pk).json()
        self.call("POST", f"{self.path}{void['id']}/void/", {"note": "recorded twice"}, by=self.clerk)
        for query, found in {
            f"?user={self.reader.pk}": [void, valid],
            f"?user={self.other.pk}": [other],
            "?user=999999": [],
            "?voided=true": [void],
            "?voided=false": [other, valid],
            f"?voided=false&user={self.reader.pk}": [valid],
            "": [other, void, valid],
        }.items():
            with self.subTest(query=query):
                answer = self.assert_status(self.call("GET", self.path + query, by=self.clerk), 200)
                self.assertEqual([payment["id"] for payment in answer["results"]], [one["id"] for one in found])
        own = self.assert_status(self.call("GET", f"{self.path}?user={self.other.pk}", by=self.reader), 200)
        self.assertEqual(own["results"], [])
        answer = self.call("GET", f"{self.path}?user=x&voided=maybe&status=void", by=self.clerk)
        self.assertEqual(set(self.assert_status(answer, 400)), {"user", "voided", "status"})

    def test_a_void_payment_does_not_count(self) -> None:
        payment = self.pay(self.clerk).json()
        path = f"{self.path}{payment['id']}/void/"
        answer = self.assert_status(self.call("POST", path, {"note": "recorded twice"}, by=self.clerk), 200)
        self.assertEqual(answer, {**payment, "voided": True})
        balance = self.call("GET", f"/api/v3/book_rentals/users/balance/{self.reader.pk}/", by=self.clerk).json()
        self.assertEqual(balance["paid"], "0.00")
        stored = Payment.objects.get()
        self.assertEqual((stored.void_reason, stored.voided_by, stored.note), ("recorded twice", self.clerk, ""))
        answer = self.assert_status(self.call("POST", path, {"note": "again"}, by=self.clerk), 409)
        self.assertEqual(answer, {"detail": "This payment is already void."})

    def test_voiding_needs_a_note_and_the_permission(self) -> None:
        payment = self.pay(self.clerk).json()
        path = f"{self.path}{payment['id']}/void/"
        for body in ({}, {"note": ""}, {"note": None}, {"note": " "}, {"note": ["x"]}):
            with self.subTest(body=body):
                self.assertEqual(list(self.assert_status(self.call("POST", path, body, by=self.clerk), 400)), ["note"])
        self.assert_status(self.call("POST", path, {"note": "x"}), 401)
        for by in (self.reader, self.librarian):
            self.assert_status(self.call("POST", path, {"note": "x"}, by=by), 403)
        self.assert_status(self.call("POST", f"{self.path}999999/void/", {"note": "x"}, by=self.clerk), 404)
