"""The home page: the services, and the resident's own figures of each."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from accounts.tests.cast import CastTestCase
from books.models import Book
from infractions.models import Infraction, Objection, Officer, Person, Vehicle
from infractions.objections import objection_answer
from questions.services import answer_put, question_create
from rentals.holds import hold_create
from rentals.models import Hold, Payment
from rentals.services import rental_create, rental_return
from scores.services import score_submit


class HomeTests(CastTestCase):
    def shown(self, user: User | None) -> Any:
        client = Client()
        if user is not None:
            client.force_login(user)
        response = client.get("/")
        self.assertEqual(response.status_code, 200)
        return response

    def mine(self, user: User) -> dict[str, Any]:
        return self.shown(user).context["summary"]

    def confirm(self, user: User) -> None:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)

    def record(self, owner: Person, **fields: Any) -> Infraction:
        officer, _ = Officer.objects.get_or_create(name="Omar Hill", badge_number="B-17")
        vehicle, _ = Vehicle.objects.get_or_create(license_plate="AAA-123", defaults={"owner": owner})
        at = timezone.now()
        row = {"vehicle": vehicle, "officer": officer, "timestamp": at, "recorded": at, "comments": "Parked."}
        return Infraction.objects.create(owner=owner, **{**row, **fields})

    def test_an_anonymous_visitor_is_offered_the_services_and_an_account(self) -> None:
        response = self.shown(None)
        self.assertIsNone(response.context["summary"])
        for path in ("/accounts/signup/", "/accounts/login/", "/books/", "/questions/", "/scores/"):
            self.assertContains(response, f'href="{path}"')
        self.assertNotContains(response, "/devices/")

    def test_what_needs_doing_comes_first(self) -> None:
        self.assertNotContains(self.shown(self.reader), "To do first")
        at = timezone.now()
        infraction = self.record(Person.objects.create(name="Rita", email=self.reader.email))
        Objection.objects.create(infraction=infraction, by=self.reader, text="x", language="en", created_at=at)
        self.assertEqual(self.mine(self.reader)["answered"], [])
        objection_answer(infraction=infraction, answer="No.", uphold=False, by=self.admin, at=at)
        page = self.shown(self.reader)
        self.assertContains(page, f'href="/infractions/{infraction.pk}/objection/"')
        self.assertContains(page, date_format(timezone.localtime(infraction.timestamp), "DATETIME_FORMAT"))
        self.assertEqual(self.mine(self.other)["answered"], [])
        Objection.objects.update(answered_at=at - timedelta(days=15))
        self.assertNotContains(self.shown(self.reader), "To do first")

    def test_books_that_are_ready_come_first_until_their_time_is_over(self) -> None:
        at = timezone.now()
        book = Book.objects.create(name="<b>Dune", author="Frank Herbert", book_type="fiction")
        rental = rental_create(user=self.other, book=book, by=self.other, at=at - timedelta(days=40))
        hold = hold_create(user=self.reader, book=book, at=at)
        self.assertNotContains(self.shown(self.reader), "is set aside for you.")
        rental_return(rental=rental, at=at)
        page = self.shown(self.reader)
        self.assertContains(page, "“<bdi>&lt;b&gt;Dune</bdi>” is set aside for you.")
        self.assertContains(page, f'href="/books/{book.pk}/"')
        self.assertEqual(self.mine(self.other)["ready"], [])
        Hold.objects.filter(pk=hold.pk).update(ready_until=at)
        self.assertNotContains(self.shown(self.reader), "is set aside for you.")

    def test_a_new_resident_has_no_figures(self) -> None:
        mine = self.mine(self.reader)
        self.assertEqual((mine["balance"]["open_rentals"], mine["balance"]["balance"]), (0, Decimal("0.00")))
        self.assertEqual((mine["questions"]["count"], mine["best_score"], mine["infractions"]), (0, None, 0))
        self.assertContains(self.shown(self.reader), "Find a book")

    def test_the_figures_are_the_readers_own(self) -> None:
        at = timezone.now()
        book = Book.objects.create(name="Don Quixote", author="Miguel de Cervantes", book_type="novel", copies=2)
        for user, days in ((self.reader, 3), (self.other, 30)):
            rental_create(user=user, book=book, by=user, at=at - timedelta(days=days) + timedelta(hours=1))
            question = question_create(author=user, title="Q", description="D", at=at)
            score_submit(input_value=Decimal(41 if user == self.reader else 99), user=user, by=user, at=at)
        answer_put(question_id=question.pk, user=self.reader, value=5, at=at)
        score_submit(input_value=Decimal(500), user=self.reader, by=None, at=at)  # a claim, which does not count
        older = Book.objects.create(name="Dune", author="Frank Herbert", book_type="fiction")
        returned = rental_create(user=self.reader, book=older, by=self.reader, at=at - timedelta(days=60))
        rental_return(rental=returned, at=at - timedelta(days=59, hours=1))
        mine = self.mine(self.reader)
        self.assertEqual((mine["balance"]["open_rentals"], mine["overdue"]), (1, 0))
        self.assertGreater(mine["next_due"], at)
        due = date_format(timezone.localtime(mine["next_due"]), "DATETIME_FORMAT")
        self.assertContains(self.shown(self.reader), f"Next book due: {due}")
        self.assertEqual(mine["balance"]["charges"], Decimal("7.50"))
        self.assertEqual(mine["questions"], {"count": 1, "best": 10})
        self.assertEqual(mine["best_score"], 42)
        self.assertEqual(self.mine(self.other)["overdue"], 1)
        self.assertContains(self.shown(self.other), "1 book is overdue.")

    def test_an_overpayment_is_shown_as_credit(self) -> None:
        Payment.objects.create(user=self.reader, amount=5, date_paid=timezone.now(), recorded_by=self.clerk)
        response = self.shown(self.reader)
        self.assertContains(response, "Your credit")
        self.assertContains(response, "5.00\xa0USD")

    def test_infractions_wait_for_a_confirmed_address(self) -> None:
        owner = Person.objects.create(name="Rita", email=self.reader.email.upper())
        self.record(owner)
        self.assertEqual(self.mine(self.reader)["infractions"], 0)
        self.assertContains(self.shown(self.reader), "Confirm your email address to see your infractions.")
        self.confirm(self.reader)
        self.assertEqual(self.mine(self.reader)["infractions"], 1)

    def test_void_ones_and_those_of_others_do_not_count(self) -> None:
        self.confirm(self.reader)
        owner = Person.objects.create(name="Rita", email=self.reader.email)
        at = timezone.now()
        self.record(owner, date_voided=at, voided_by=self.admin, void_reason="wrong vehicle")
        self.record(Person.objects.create(name="Otto", email=self.other.email))
        self.assertEqual(self.mine(self.reader)["infractions"], 0)

    def test_devices_are_offered_to_users_who_may_see_them(self) -> None:
        self.assertNotContains(self.shown(self.reader), 'href="/devices/"')
        self.assertContains(self.shown(self.admin), 'href="/devices/"')

    def test_the_number_of_statements_does_not_depend_on_the_rows(self) -> None:
        self.confirm(self.reader)
        client = Client()
        client.force_login(self.reader)
        # The session, the user, the address (2), a statement each of balance, due, late, holds, objections, questions,
        # score, infractions, and what they may do (2).
        with self.assertNumQueries(13):
            client.get("/")
