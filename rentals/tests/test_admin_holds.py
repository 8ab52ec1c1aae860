"""Holds and undone returns in the back office."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase
from books.tests.builders import make_book
from rentals.models import Hold, UndoneReturn
from rentals.services import rental_return_undo
from rentals.tests.builders import make_rental
from rentals.tests.line import make_hold

RENTALS = reverse("admin:rentals_rental_changelist")
HOLDS = reverse("admin:rentals_hold_changelist")
UNDONE = reverse("admin:rentals_undonereturn_changelist")
PAYMENTS = reverse("admin:rentals_payment_changelist")


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
