"""The pages where residents wait for books, and renew and cancel their own rentals and holds."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from accounts.tests.pages import PageTestCase
from books.models import Book
from books.tests.builders import make_book
from rentals.models import Hold, Rental
from rentals.services import rental_return
from rentals.tests.builders import make_rental
from rentals.tests.line import make_hold

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTILE = "<script>alert(1)</script>"


class ActCase(PageTestCase):
    def setUp(self) -> None:
        self.book = make_book("Dune")
        self.sign_in(self.reader)

    def at(self, at: datetime) -> None:
        for module in ("pages", "act_pages"):
            patched = patch(f"rentals.{module}.timezone.now", return_value=at)
            patched.start()
            self.addCleanup(patched.stop)

    def post(self, path: str, status: int = 302, **data: Any) -> Any:
        response = self.client.post(path, data)
        self.assertEqual(response.status_code, status, response.content[:300])
        if status == 302:
            self.assertEqual(response["Location"], "/rentals/")
        return response


class HoldTests(ActCase):
    def path(self) -> str:
        return f"/books/{self.book.pk}/"

    def test_a_sold_out_book_says_when_the_next_copy_is_due_and_how_many_wait(self) -> None:
        make_rental(self.other, self.book, at=AT)
        make_hold(self.librarian, self.book, at=AT)
        self.at(AT + DAY)
        page = self.client.get(self.path())
        self.assertContains(page, "The next copy is due on March 29, 2026.")
        self.assertContains(page, "1 resident waits for it.")
        self.assertContains(page, "Wait for this book")
        self.client.logout()
        self.assertContains(self.client.get(self.path()), "Sign in to wait for it")
        self.at(AT + 40 * DAY)
        self.assertContains(self.client.get(self.path()), "The next copy was due on March 29, 2026 and is late.")

    def test_waiting_gives_a_place_and_the_page_shows_it(self) -> None:
        make_rental(self.other, self.book, at=AT)
        make_hold(self.librarian, self.book, at=AT)
        self.post(self.path(), hold="on")
        self.assertContains(self.client.get("/rentals/"), "You are number 2 in the line for “Dune”.")
        self.assertContains(self.client.get("/rentals/"), "number 2 of 2")
        page = self.client.get(self.path())
        self.assertContains(page, "You are number 2 in the line.")
        self.assertNotContains(page, "Wait for this book")
        self.assertContains(self.client.post(self.path(), {"hold": "on"}), "already has a hold", status_code=409)

    def test_a_copy_that_can_be_rented_needs_no_hold(self) -> None:
        self.assertContains(self.client.get(self.path()), "If you rent it now, please return it by")
        answer = self.client.post(self.path(), {"hold": "on"})
        self.assertContains(answer, "can be rented now", status_code=409)
        self.assertFalse(Hold.objects.exists())

    def test_a_copy_that_is_set_aside_can_be_rented_by_its_resident_only(self) -> None:
        rental = make_rental(self.other, self.book, at=timezone.now())
        hold = make_hold(self.reader, self.book, at=timezone.now())
        rental_return(rental=rental, at=timezone.now())
        self.assertContains(self.client.get(self.path()), ", a copy is set aside for you.")
        self.assertContains(self.client.get("/rentals/"), "Ready")
        self.sign_in(self.other)
        self.assertNotContains(self.client.get(self.path()), "Rent this book")
        self.sign_in(self.reader)
        self.post(self.path())
        hold.refresh_from_db()
        self.assertEqual((hold.status, Rental.objects.open().get().user), ("fulfilled", self.reader))

    def test_a_form_that_is_sent_again_creates_nothing(self) -> None:
        key = str(uuid.uuid4())
        self.post(self.path(), form_key=key)
        rental_return(rental=Rental.objects.get(), at=timezone.now())
        self.post(self.path(), form_key=key)
        self.assertContains(self.client.get("/rentals/"), "This was sent before")
        self.assertEqual(Rental.objects.count(), 1)
        self.assertContains(self.client.get(self.path()), 'name="form_key"')

    def test_a_refused_form_may_be_sent_again(self) -> None:
        key = str(uuid.uuid4())
        rental = make_rental(self.other, self.book, at=timezone.now())
        self.assertContains(self.client.post(self.path(), {"form_key": key}), key, status_code=409)
        rental_return(rental=rental, at=timezone.now())
        self.post(self.path(), form_key=key)

    def test_an_own_hold_is_cancelled_once(self) -> None:
        make_rental(self.other, self.book, at=AT)
        hold = make_hold(self.reader, self.book, at=AT)
        path = f"/rentals/holds/{hold.pk}/cancel/"
        self.assertContains(self.client.get(path), "You lose your place in the line.")
        self.post(path)
        hold.refresh_from_db()
        self.assertEqual((hold.status, Book.objects.get(pk=self.book.pk).waiting), ("cancelled", 0))
        self.assertContains(self.client.post(path), "This hold has ended.", status_code=409)


class RenewTests(ActCase):
    def setUp(self) -> None:
        super().setUp()
        self.rental = make_rental(self.reader, self.book, at=AT)
        self.path = f"/rentals/{self.rental.pk}/renew/"
        self.at(AT + 10 * DAY)

    def test_a_rental_is_renewed_and_the_new_date_is_shown_before_and_after(self) -> None:
        self.assertContains(self.client.get("/rentals/"), f'href="{self.path}"')
        self.assertContains(self.client.get(self.path), "then due on April 8, 2026, 9:30\xa0AM")
        self.post(self.path)
        self.rental.refresh_from_db()
        self.assertEqual((self.rental.renewals, self.rental.date_due), (1, AT + 38 * DAY))
        self.assertContains(self.client.get("/rentals/"), "is renewed. Please return it by April 8, 2026, 9:30\xa0AM")

    def test_a_rental_that_is_over_has_no_form_but_the_reason(self) -> None:
        rental_return(rental=self.rental, at=AT + DAY)
        for act in ("renew", "cancel"):
            shown = self.client.get(f"/rentals/{self.rental.pk}/{act}/")
            self.assertContains(shown, "This rental has already been returned.")
            self.assertNotContains(shown, 'name="form_key"')

    def test_a_form_that_is_sent_again_renews_once(self) -> None:
        key = str(uuid.uuid4())
        for _time in range(2):
            self.post(self.path, form_key=key)
        self.rental.refresh_from_db()
        self.assertEqual(self.rental.renewals, 1)

    def test_what_bars_it_is_said_instead_of_a_button(self) -> None:
        make_hold(self.other, self.book, at=AT)
        reason = "Somebody waits for this book"
        self.assertContains(self.client.get("/rentals/"), reason)
        self.assertNotContains(self.client.get("/rentals/"), f'href="{self.path}"')
        page = self.client.get(self.path)
        self.assertContains(page, reason)
        self.assertNotContains(page, 'name="form_key"')
        self.assertContains(self.client.post(self.path), reason, status_code=409)

    def test_a_returned_rental_is_not_renewed(self) -> None:
        rental_return(rental=self.rental, at=AT + DAY)
        self.assertContains(self.client.post(self.path), "already been returned", status_code=409)


class CancelTests(ActCase):
    def setUp(self) -> None:
        super().setUp()
        self.rental = make_rental(self.reader, self.book, at=AT)
        self.path = f"/rentals/{self.rental.pk}/cancel/"

    def test_a_rental_is_cancelled_in_its_first_minutes(self) -> None:
        self.at(AT + timedelta(minutes=30))
        self.assertContains(self.client.get("/rentals/"), f'href="{self.path}"')
        self.assertContains(self.client.get(self.path), "first 30 minutes")
        self.post(self.path)
        self.rental.refresh_from_db()
        self.assertEqual((self.rental.voided_by, self.rental.void_reason), (self.reader, "Cancelled by the resident."))
        page = self.client.get("/rentals/")
        self.assertContains(page, "Void: costs nothing")
        self.assertContains(page, "Cancelled by the resident.")
        self.assertContains(self.client.post(self.path), "already void", status_code=409)

    def test_later_it_is_not_offered_and_refused(self) -> None:
        self.at(AT + timedelta(minutes=30, seconds=1))
        self.assertNotContains(self.client.get("/rentals/"), f'href="{self.path}"')
        self.assertContains(self.client.post(self.path), "only a rental that you made yourself", status_code=403)
        self.rental.refresh_from_db()
        self.assertFalse(self.rental.voided)

    def test_the_same_book_is_cancelled_once_a_day(self) -> None:
        self.at(AT)
        self.post(self.path)
        again = make_rental(self.reader, self.book, at=AT)
        path = f"/rentals/{again.pk}/cancel/"
        self.assertNotContains(self.client.get("/rentals/"), f'href="{path}"')
        self.assertEqual(self.client.post(path).status_code, 403)


class RuleTests(ActCase):
    def paths(self) -> list[str]:
        rental = make_rental(self.reader, self.book, at=AT)
        hold = make_hold(self.other, self.book, at=AT)
        Hold.objects.filter(pk=hold.pk).update(user=self.reader)
        names = [f"{rental.pk}/renew", f"{rental.pk}/cancel", f"holds/{hold.pk}/cancel"]
        return [f"/rentals/{name}/" for name in names]

    def test_other_residents_and_staff_get_404_for_what_is_not_theirs(self) -> None:
        paths = self.paths()
        for user in (self.other, self.librarian, self.admin):
            self.sign_in(user)
            for path in paths:
                self.assertEqual((self.client.get(path).status_code, self.client.post(path).status_code), (404, 404))
        self.assertFalse(Rental.objects.void().exists() or Hold.objects.ended().exists())

    def test_the_pages_are_closed_not_stored_and_take_no_other_verbs(self) -> None:
        for path in self.paths():
            self.assert_no_store(self.client.get(path))
            self.assert_verbs(path, "GET", "HEAD", "POST")
            self.assertEqual(self.client.get(path.replace("/rentals/", "/rentals/9", 1)).status_code, 404)
        for path in self.paths_again():
            self.assert_closed(path)

    def paths_again(self) -> list[str]:
        rental, hold = Rental.objects.get(), Hold.objects.get()
        return [f"/rentals/{rental.pk}/renew/", f"/rentals/{rental.pk}/cancel/", f"/rentals/holds/{hold.pk}/cancel/"]

    def test_names_are_escaped(self) -> None:
        Book.objects.filter(pk=self.book.pk).update(name=HOSTILE)
        for path in [*self.paths(), "/rentals/", f"/books/{self.book.pk}/"]:
            page = self.client.get(path)
            self.assertNotContains(page, HOSTILE)
            self.assertContains(page, "&lt;script&gt;")
