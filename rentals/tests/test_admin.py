"""Rentals, holds and payments in the admin."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase
from books.models import Book
from books.tests.builders import make_book
from rentals.models import Hold, Payment, Rental, UndoneReturn
from rentals.services import payment_record, rental_return_undo
from rentals.tests.builders import make_rental
from rentals.tests.line import make_hold

RENTALS = reverse("admin:rentals_rental_changelist")
HOLDS = reverse("admin:rentals_hold_changelist")
UNDONE = reverse("admin:rentals_undonereturn_changelist")
PAYMENTS = reverse("admin:rentals_payment_changelist")


class RentalAdminTests(CastTestCase):
    def setUp(self) -> None:
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)
        now = timezone.now()
        self.overdue = make_rental(self.reader, make_book("Emma", book_type="fiction"), at=now - timedelta(days=40))
        self.rented = make_rental(self.other, make_book("Dune"), at=now)
        self.returned = make_rental(self.reader, make_book("Ulysses"), at=now - timedelta(days=9), returned=now)

    def found(self, query: str) -> set[int]:
        return {rental.ref for rental in self.client.get(RENTALS + query).context["cl"].result_list}

    def test_list_search_and_filters(self) -> None:
        overdue, rented, returned = self.overdue.ref, self.rented.ref, self.returned.ref
        for query, refs in {
            "": {overdue, rented, returned},
            "?status=rented": {overdue, rented},
            "?status=returned": {returned},
            "?overdue=yes": {overdue},
            "?overdue=no": {rented, returned},
            "?q=emma": {overdue},
            "?q=reader+emma": {overdue},
            "?q=other+emma": set(),
            f"?q={overdue}": {overdue},
            "?q=--": set(),
            f"?q={'9' * 5000}": set(),  # more digits than Python converts to an integer
            "?q=reader": {overdue, returned},
            "?date_rented_from=2100-01-01": set(),
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found(query), refs)

    def test_a_range_of_days_includes_its_last_day(self) -> None:
        Rental.objects.filter(pk=self.returned.pk).update(date_rented=datetime(2026, 3, 1, 22, 30, tzinfo=UTC))
        Rental.objects.exclude(pk=self.returned.pk).update(date_rented=datetime(2026, 3, 8, tzinfo=UTC))
        early, later = {self.returned.ref}, {self.overdue.ref, self.rented.ref}
        for query, refs in {
            "?date_rented_from=2026-03-01&date_rented_to=2026-03-01": early,
            "?date_rented_to=2026-02-28": set(),
            "?date_rented_from=2026-03-02": later,
            "?date_rented_from=2026-03-01": early | later,
            "?date_rented_to=9999-12-31": early | later,
            "?date_rented_from=0001-01-01": early | later,
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found(query), refs)
        with override_settings(TIME_ZONE="Europe/Madrid"):
            self.assertEqual(self.found("?date_rented_to=2026-03-01"), early)
        with override_settings(TIME_ZONE="Asia/Tokyo"):  # where it was already the next day
            self.assertEqual(self.found("?date_rented_to=2026-03-01"), set())

    def test_an_invalid_day_is_explained_and_does_not_filter(self) -> None:
        shown = self.client.get(RENTALS + "?date_rented_from=x")
        self.assertContains(shown, "Enter a valid date.")
        self.assertEqual(len(shown.context["cl"].result_list), 3)

    def test_the_status_shows_overdue_rentals(self) -> None:
        model_admin: Any = admin.site.get_model_admin(Rental)
        request: Any = None
        rentals = model_admin.get_queryset(request).in_bulk()
        labels = [
            str(model_admin.standing(rentals[rental.pk])) for rental in (self.overdue, self.rented, self.returned)
        ]
        self.assertEqual(labels, ["Overdue", "Rented", "Returned"])
        self.assertContains(self.client.get(reverse("admin:rentals_rental_change", args=[self.overdue.ref])), "Overdue")

    def test_the_charge_is_shown_in_the_current_tariff(self) -> None:
        self.assertContains(self.client.get(RENTALS), "123.00\xa0USD")  # 41 started days of fiction
        change = reverse("admin:rentals_rental_change", args=[self.overdue.ref])
        self.assertContains(self.client.get(change), "123.00")

    @override_settings(MAX_RENTALS=1000)
    def test_the_number_of_queries_does_not_grow_with_the_rows(self) -> None:
        self.client.get(RENTALS)
        for rows in (3, 30):
            with self.assertNumQueries(7):  # session, user, two for permissions, the count, the rows, their books
                self.client.get(RENTALS)
            for _ in range(rows):
                make_rental(self.reader, make_book(), at=timezone.now())

    def test_lists_show_names(self) -> None:
        names = [row.user.get_short_name() for row in self.client.get(RENTALS).context["cl"].result_list]
        self.assertEqual(names, ["other", "Rita Reader", "Rita Reader"])
        self.assertContains(self.client.get(RENTALS), "Rita Reader")

    def test_mark_returned_asks_first_with_the_charges(self) -> None:
        chosen = {"action": "mark_returned", "_selected_action": [self.overdue.ref, self.returned.ref]}
        shown = self.client.post(RENTALS, chosen)
        for text in ("Mark 1 rental returned?", "Emma", "Rita Reader", "123.00\xa0USD", "1 rental is returned or void"):
            self.assertContains(shown, text)
        self.assertEqual(Rental.objects.open().count(), 2)
        chosen["_selected_action"] = [self.returned.ref]
        shown = self.client.post(RENTALS, chosen)
        self.assertContains(shown, "None of these rentals is out.")
        self.assertNotContains(shown, "confirmed")

    def test_mark_returned(self) -> None:
        chosen = {"action": "mark_returned", "_selected_action": [self.overdue.ref, self.rented.ref, self.returned.ref]}
        shown = self.client.post(RENTALS, {**chosen, "confirmed": "yes"}, follow=True)
        self.assertContains(shown, "2 returned.")
        self.assertContains(shown, "“Emma” from Rita Reader is returned. Charge: 123.00\xa0USD.")
        self.assertContains(shown, "This rental has already been returned.")
        self.assertFalse(Rental.objects.open().exists())
        self.assertFalse(Book.objects.filter(copies_out__gt=0).exists())
        logged = LogEntry.objects.values_list("object_id", flat=True)
        self.assertEqual(
            set(logged), {str(self.overdue.ref), str(self.rented.ref)}
        )  # the third had been returned before
        history = self.client.get(reverse("admin:rentals_rental_history", args=[self.overdue.ref]))
        self.assertContains(history, "Returned.")

    def test_renew_and_void_ask_the_services(self) -> None:
        chosen = {"_selected_action": [self.rented.ref, self.returned.ref]}
        shown = self.client.post(RENTALS, {"action": "renew", **chosen}, follow=True)
        self.assertContains(shown, "1 renewed.")
        self.assertContains(shown, "This rental has already been returned.")
        shown = self.client.post(RENTALS, {"action": "void", **chosen}, follow=True)
        self.assertContains(shown, "Enter a reason next to the action.")
        shown = self.client.post(RENTALS, {"action": "void", "reason": "wrong book", **chosen}, follow=True)
        self.assertContains(shown, "2 voided.")
        self.assertEqual(self.found("?status=void"), {self.rented.ref, self.returned.ref})
        self.rented.refresh_from_db()
        self.assertEqual(
            (self.rented.renewals, self.rented.void_reason, self.rented.voided_by), (1, "wrong book", self.librarian)
        )

    def test_renting_at_the_desk(self) -> None:
        add = reverse("admin:rentals_rental_add")
        self.assertEqual(self.client.get(add).status_code, 200)
        book = make_book("Persuasion")
        self.assertRedirects(self.client.post(add, {"user": self.other.pk, "book": book.pk}), RENTALS)
        rental = Rental.objects.latest("ref")
        self.assertEqual((rental.user, rental.book, rental.book_type), (self.other, book, "regular"))
        shown = self.client.post(add, {"user": self.reader.pk, "book": book.pk}, follow=True)
        self.assertContains(shown, "This book has no copies left.")
        self.assertContains(shown, "Persuasion")  # is still selected
        shown = self.client.post(add, {"user": self.other.pk, "book": book.pk}, follow=True)
        self.assertContains(shown, "This resident already has this book.")

    def test_a_rental_is_not_changed_or_deleted(self) -> None:
        change = reverse("admin:rentals_rental_change", args=[self.returned.ref])
        self.client.post(change, {"user": self.other.pk, "date_returned_0": "", "date_returned_1": ""})
        self.returned.refresh_from_db()
        self.assertEqual((self.returned.user, self.returned.status), (self.reader, "returned"))
        self.assertEqual(Rental.objects.count(), 3)
        delete = reverse("admin:rentals_rental_delete", args=[self.returned.ref])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)

    def test_deleting_a_rented_book_shows_what_refers_to_it(self) -> None:
        delete = reverse("admin:books_book_delete", args=[self.overdue.book_id])
        shown = self.client.post(delete, {"post": "yes"})
        self.assertContains(shown, "1 rental")
        self.assertTrue(Book.objects.filter(pk=self.overdue.book_id).exists())

    def test_staff_of_the_accounts_desk_may_view_but_not_return(self) -> None:
        self.clerk.is_staff = True
        self.clerk.save()
        self.client.force_login(self.clerk)
        self.assertEqual(len(self.found("")), 3)
        chosen = {"action": "mark_returned", "_selected_action": [self.overdue.ref]}
        self.client.post(RENTALS, {**chosen, "confirmed": "yes"})
        self.assertTrue(Rental.objects.open().filter(pk=self.overdue.pk).exists())


class UndoneReturnTests(CastTestCase):
    def setUp(self) -> None:
        self.at = timezone.now()
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)
        self.undone = self.undo("Emma", self.reader)

    def undo(self, book: str, user: User) -> UndoneReturn:
        rental = make_rental(user, make_book(book), at=self.at - timedelta(days=2), returned=self.at)
        rental_return_undo(rental=rental, reason="Wrong copy", by=self.librarian, at=self.at)
        return UndoneReturn.objects.latest("pk")

    def test_the_list_shows_who_undid_what_and_why(self) -> None:
        shown = self.client.get(UNDONE)
        for text in ("Rita Reader", "Emma", "librarian", "Wrong copy"):
            self.assertContains(shown, text)
        for query, count in {"q=rita": 1, "q=emma": 1, "q=dune": 0, f"q={self.undone.rental_id}": 1}.items():
            self.assertEqual(len(self.client.get(f"{UNDONE}?{query}").context["cl"].result_list), count)
        self.assertContains(self.client.get(f"{UNDONE}{self.undone.pk}/change/"), "Wrong copy")

    def test_the_number_of_queries_does_not_grow_with_the_rows(self) -> None:
        self.client.get(UNDONE)
        for number in range(2):
            with self.assertNumQueries(7):
                self.client.get(UNDONE)
            self.undo(f"Book {number}", self.other)

    def test_none_is_added_or_changed(self) -> None:
        self.client.force_login(self.admin)
        self.assertEqual(self.client.get(f"{UNDONE}add/").status_code, 403)
        self.assertEqual(self.client.post(f"{UNDONE}{self.undone.pk}/change/", {"reason": "x"}).status_code, 403)
        self.assertEqual(self.client.post(f"{UNDONE}{self.undone.pk}/delete/").status_code, 403)


class HoldAdminTests(CastTestCase):
    def setUp(self) -> None:
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)
        self.book = make_book("Emma")
        make_rental(self.admin, self.book, at=timezone.now())
        self.first = make_hold(self.reader, self.book, at=timezone.now())
        self.second = make_hold(self.other, self.book, at=timezone.now())

    def found(self, query: str) -> list[int]:
        return [hold.pk for hold in self.client.get(HOLDS + query).context["cl"].result_list]

    def test_list_search_and_filters(self) -> None:
        first, second = self.first.pk, self.second.pk
        for query, found in {
            "": [second, first],
            "?q=emma+rita": [first],
            "?q=dune": [],
            "?status=waiting": [second, first],
            "?status=ready": [],
            "?status=ended": [],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found(query), found)

    def test_placing_a_hold_for_a_resident(self) -> None:
        add = reverse("admin:rentals_hold_add")
        shown = self.client.post(add, {"user": self.admin.pk, "book": self.book.pk}, follow=True)
        self.assertContains(shown, "This resident already has this book.")
        self.assertRedirects(self.client.post(add, {"user": self.clerk.pk, "book": self.book.pk}), HOLDS)
        self.assertEqual(Hold.objects.waiting().count(), 3)

    def test_cancelling_holds_says_what_was_not_cancelled(self) -> None:
        for cancelled in ([self.first.pk], [self.first.pk, self.second.pk]):
            shown = self.client.post(HOLDS, {"action": "cancel", "_selected_action": cancelled}, follow=True)
            self.assertContains(shown, "1 cancelled.")
        self.assertContains(shown, "This hold has ended.")
        self.assertEqual(self.found("?status=ended"), [self.second.pk, self.first.pk])

    def test_a_hold_is_not_changed_or_deleted(self) -> None:
        change = reverse("admin:rentals_hold_change", args=[self.first.pk])
        self.client.post(change, {"user": self.clerk.pk})
        self.assertEqual(Hold.objects.get(pk=self.first.pk).user, self.reader)
        delete = reverse("admin:rentals_hold_delete", args=[self.first.pk])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)


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
