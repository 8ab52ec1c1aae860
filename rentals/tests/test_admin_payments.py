"""Payments in the back office, and the amounts that people type."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.tests.builders import make_book
from rentals.models import Payment
from rentals.services import payment_record
from rentals.tests.builders import make_rental

RENTALS = reverse("admin:rentals_rental_changelist")
HOLDS = reverse("admin:rentals_hold_changelist")
UNDONE = reverse("admin:rentals_undonereturn_changelist")
PAYMENTS = reverse("admin:rentals_payment_changelist")


class PaymentAdminTests(CastTestCase):
    def setUp(self) -> None:
        self.clerk.is_staff = True
        self.clerk.save()
        self.client.force_login(self.clerk)
        self.payment = payment_record(
            user=self.reader, amount=Decimal("4.50"), note="cash", by=self.clerk, at=timezone.now()
        )

    def test_list_search_and_change(self) -> None:
        self.assertContains(self.client.get(PAYMENTS + "?q=reader"), "4.50")
        self.assertNotContains(self.client.get(PAYMENTS + "?q=nobody"), "4.50")
        self.assertNotContains(self.client.get(PAYMENTS + "?status=void"), "4.50")
        change = reverse("admin:rentals_payment_change", args=[self.payment.pk])
        self.assertContains(self.client.get(change), "cash")
        self.assertEqual(self.client.post(change, {"amount": "9.00"}).status_code, 403)
        self.assertEqual(list(Payment.objects.values_list("amount", flat=True)), [Decimal("4.50")])

    def test_add(self) -> None:
        add = reverse("admin:rentals_payment_add")
        self.assertEqual(self.client.get(add).status_code, 200)
        form = {"user": self.other.pk, "amount": "2.00", "note": "", "is_credit": "on"}
        self.assertRedirects(self.client.post(add, form), PAYMENTS)
        payment = Payment.objects.latest("id")
        self.assertEqual((payment.user, payment.amount, payment.recorded_by), (self.other, 2, self.clerk))
        self.assertContains(self.client.post(add, {**form, "amount": "0"}), "must be between")
        self.assertContains(self.client.post(add, {**form, "amount": "1.234"}), "2 decimal places")

    def test_voiding_needs_a_reason_and_succeeds_once(self) -> None:
        chosen = {"action": "void", "_selected_action": [self.payment.pk]}
        self.assertContains(self.client.post(PAYMENTS, chosen, follow=True), "Enter a reason")
        shown = self.client.post(PAYMENTS, {**chosen, "reason": "recorded twice"}, follow=True)
        self.assertContains(shown, "1 voided.")
        self.payment.refresh_from_db()
        self.assertEqual((self.payment.voided_by, self.payment.void_reason), (self.clerk, "recorded twice"))
        shown = self.client.post(PAYMENTS, {**chosen, "reason": "again"}, follow=True)
        self.assertContains(shown, "is already void")
        self.assertEqual(LogEntry.objects.get().get_change_message(), "Voided: recorded twice")
        self.assertContains(self.client.get(PAYMENTS + "?status=void"), "4.50")


class AmountTests(CastTestCase):
    """Amounts as the accounts desk types them."""

    def setUp(self) -> None:
        self.clerk.is_staff = True
        self.clerk.save()
        self.client.force_login(self.clerk)

    def pay(self, amount: str, language: str = "en", **changes: str) -> Any:
        data = {"user": self.reader.pk, "amount": amount, "note": "", **changes}
        return self.client.post(reverse("admin:rentals_payment_add"), data, headers={"accept-language": language})

    def test_an_amount_is_read_by_the_language(self) -> None:
        for language, typed in (("en", "20.50"), ("es", "20,50")):
            with self.subTest(language):
                self.assertRedirects(self.pay(typed, language, is_credit="on"), PAYMENTS, fetch_redirect_response=False)
                self.assertEqual(Payment.objects.latest("pk").amount, Decimal("20.50"))

    def test_an_ambiguous_amount_is_refused(self) -> None:
        for language, typed in (("en", "20,50"), ("en", "1,000"), ("es", "1.000"), ("es", "1.234,50")):
            with self.subTest(language=language, typed=typed):
                shown = self.pay(typed, language, is_credit="on")
                self.assertContains(shown, f'value="{typed}"')
                self.assertContains(shown, 'inputmode="decimal"')
        self.assertFalse(Payment.objects.exists())

    def test_an_amount_above_the_balance_is_asked_about_again(self) -> None:
        shown = self.pay("2050")
        self.assertContains(shown, "The balance is")
        self.assertContains(shown, 'type="checkbox" name="is_credit"')
        self.assertFalse(Payment.objects.exists())
        self.assertRedirects(self.pay("2050", is_credit="on"), PAYMENTS)

    def test_an_amount_within_the_balance_is_recorded_at_once(self) -> None:
        make_rental(self.reader, make_book("Emma", book_type="fiction"), at=timezone.now() - timedelta(days=40))
        self.assertRedirects(self.pay("1"), PAYMENTS)
