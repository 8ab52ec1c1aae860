"""Rentals, holds and payments in the admin."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.models import Book
from books.tests.builders import make_book
from rentals.models import Rental
from rentals.tests.builders import make_rental

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
