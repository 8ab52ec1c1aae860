"""Acts on the pages of single rows in the back office: each asks, calls the service, says what it did and logs it."""

from datetime import UTC, datetime
from decimal import Decimal
from unittest import mock
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase, enter_sudo, make_user
from books.tests.builders import make_book
from common.admin.acts import ActsAdmin
from common.models import Mail
from infractions import services, tokens
from infractions.models import Officer
from project.tests.site.back_office import address
from rentals.models import Payment, Rental
from rentals.services import payment_record, rental_void
from rentals.tests.builders import make_rental

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def act_url(row: Model, name: str) -> str:
    return address(type(row), "act", row.pk, name)


class ActsTestCase(CastTestCase):
    def setUp(self) -> None:
        self.as_staff("Librarians", "Accounts desk", "Traffic office")

    def as_staff(self, *groups: str) -> User:
        staff = make_user(f"staff{User.objects.count()}", *groups, is_staff=True)
        self.client = Client()
        self.client.force_login(staff)
        return staff

    def assert_button(self, row: Model, name: str, *, is_shown: bool) -> None:
        page = self.client.get(address(type(row), "change", row.pk))
        self.assertEqual(f'href="{act_url(row, name)}"' in page.content.decode(), is_shown)

    def logged(self) -> list[str]:
        return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]

    def act(self, row: Model, name: str, **values: str) -> list[str]:
        """Confirms an act, and returns what the next page says."""
        response = self.client.post(act_url(row, name), values)
        self.assertRedirects(response, address(type(row), "change", row.pk), fetch_redirect_response=False)
        return [str(message) for message in get_messages(response.wsgi_request)]


class ReturnTests(ActsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.rental = make_rental(self.reader, make_book("Emma"), at=timezone.now())

    def is_returned(self) -> bool:
        return Rental.objects.get(pk=self.rental.pk).date_returned is not None

    def test_the_page_asks_and_changes_nothing(self) -> None:
        self.assert_button(self.rental, "return", is_shown=True)
        page = self.client.get(act_url(self.rental, "return"))
        self.assertContains(page, "Mark returned")
        self.assertContains(page, "(Emma, Rita Reader)")
        self.assertIn("no-store", page["Cache-Control"])
        self.assertFalse(self.is_returned())
        self.assertEqual(self.logged(), [])

    def test_the_page_that_renews_a_rental_says_when_it_is_then_due(self) -> None:
        with mock.patch("django.utils.timezone.now", return_value=AT):
            page = self.client.get(act_url(self.rental, "renew"))
        self.assertContains(
            page, "The book is then due on March 29, 2026, 9:30\xa0AM, and the charge goes on as before."
        )

    def test_the_form_acts_says_so_and_logs_it(self) -> None:
        said = self.act(self.rental, "return")
        self.assertTrue(self.is_returned())
        self.assertEqual(self.logged(), ["Returned."])
        self.assertEqual(len(said), 1)
        self.assertTrue(said[0].endswith(": Returned."), said)
        self.assert_button(self.rental, "return", is_shown=False)

    def test_what_the_service_refuses_is_said_and_not_logged(self) -> None:
        self.act(self.rental, "return")
        said = self.act(self.rental, "return")
        self.assertIn("already", said[-1])
        self.assertEqual(self.logged(), ["Returned."])

    def test_the_page_of_an_impossible_act_says_why_and_has_no_form(self) -> None:
        book, at = make_book("Dune"), timezone.now()
        returned = make_rental(self.librarian, book, at=AT, returned=at)
        void = make_rental(self.librarian, book, at=AT)
        rental_void(rental=void, reason="Typed twice", by=self.admin, at=at)
        for rental, name, reason in (
            (returned, "return", "This rental has already been returned."),
            (returned, "renew", "This rental has already been returned."),
            (void, "return", "This rental is void."),
            (void, "void", "This is already void."),
        ):
            with self.subTest(name=name, reason=reason):
                page = self.client.get(act_url(rental, name))
                self.assertContains(page, reason, status_code=409)
                self.assertNotContains(page, '<form method="post" novalidate', status_code=409)

    def test_staff_who_may_only_view_have_no_button_and_are_refused(self) -> None:
        staff = self.as_staff()
        staff.user_permissions.set(staff.user_permissions.model.objects.filter(codename="view_rental"))
        self.assert_button(self.rental, "return", is_shown=False)
        for method in (self.client.get, self.client.post):
            self.assertEqual(method(act_url(self.rental, "return")).status_code, 403)
        self.assertFalse(self.is_returned())

    def test_a_form_of_another_site_is_refused(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.cookies = self.client.cookies
        self.assertEqual(client.post(act_url(self.rental, "return")).status_code, 403)
        self.assertFalse(self.is_returned())

    def test_an_unknown_act_is_404_and_an_unknown_row_leads_back(self) -> None:
        self.assertEqual(self.client.get(act_url(self.rental, "burn")).status_code, 404)
        for key in ("999999", "x"):
            response = self.client.post(address(Rental, "act", key, "return"))
            self.assertRedirects(response, reverse("admin:index"), fetch_redirect_response=False)


class VoidTests(ActsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.payment = payment_record(user=self.reader, amount=Decimal(5), note="", by=self.admin, at=AT)

    def test_a_reason_is_required(self) -> None:
        for reason in ("", "\u200b", "x" * 5000):
            with self.subTest(reason=reason[:9]):
                page = self.client.post(act_url(self.payment, "void"), {"reason": reason})
                self.assertEqual(page.status_code, 200)
                self.assertTrue(page.context["form"].errors["reason"])
        self.assertFalse(Payment.objects.get(pk=self.payment.pk).voided)
        self.assertEqual(self.logged(), [])

    def test_a_payment_is_void_with_the_reason(self) -> None:
        self.act(self.payment, "void", reason=" Typed twice ")
        payment = Payment.objects.get(pk=self.payment.pk)
        self.assertEqual((payment.voided, payment.void_reason), (True, "Typed twice"))
        self.assertEqual(self.logged(), ["Voided: Typed twice"])
        self.assert_button(self.payment, "void", is_shown=False)


class TokenTests(ActsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.officer, _ = services.officer_create(name="Olga Brindlow", badge_number="B-101", user=None)

    def has_token(self) -> bool:
        return Officer.objects.get(pk=self.officer.pk).token_hash is not None

    def test_revoking_asks_for_the_password_first(self) -> None:
        for method in (self.client.get, self.client.post):
            response = method(act_url(self.officer, "revoke"))
            self.assertEqual(response.status_code, 302)
            self.assertIn("reauthenticate", response["Location"])
        self.assertTrue(self.has_token())

    def test_a_token_is_revoked_once(self) -> None:
        enter_sudo(self.client)
        self.act(self.officer, "revoke")
        self.assertFalse(self.has_token())
        self.assertEqual(self.logged(), ["Token revoked."])
        self.assert_button(self.officer, "revoke", is_shown=False)
        self.assertIn("has no token", self.act(self.officer, "revoke")[-1])
        tokens.token_rotate(officer=self.officer, by=self.admin, at=AT)
        self.assert_button(self.officer, "revoke", is_shown=True)


class OtherTests(ActsTestCase):
    def test_pages_that_ask_by_themselves_have_a_button_for_who_may_open_them(self) -> None:
        staff = self.as_staff("Front desk")
        shown = self.client.get(address(User, "change", self.reader.pk)).content.decode()
        self.assertIn(reverse("admin:accounts_user_link", args=[self.reader.pk]), shown)
        self.assertIn(reverse("admin:accounts_user_code", args=[self.reader.pk]), shown)
        set_url = reverse("admin:auth_user_password_change", args=[self.reader.pk])
        self.assertNotIn(f'href="{set_url}"', shown)
        User.objects.filter(pk=staff.pk).update(is_superuser=True)
        self.assertContains(self.client.get(address(User, "change", self.reader.pk)), f'href="{set_url}"')

    def test_a_mail_that_waits_is_sent_again(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))
        key = UUID(int=7)
        mail = Mail.objects.create(pk=key, kind="x", recipient="a@example.org", created_at=AT, next_attempt_at=AT)
        self.assert_button(mail, "retry", is_shown=True)
        self.act(mail, "retry")
        self.assertEqual(self.logged(), ["Sent again"])
        Mail.objects.filter(pk=key).update(dropped_at=AT, recipient="")
        self.assert_button(mail, "retry", is_shown=False)

    def test_every_act_has_a_method_or_a_page(self) -> None:
        count = 0
        for model, model_admin in admin.site._registry.items():
            self.assertIsInstance(model_admin, ActsAdmin)
            for act in getattr(model_admin, "acts", ()):
                with self.subTest(model=model._meta.label, act=act.name):
                    self.assertTrue(bool(act.page) != callable(getattr(model_admin, act.method or "-", None)))
                    self.assertTrue(callable(getattr(model_admin, act.permission)))
                count += 1
        self.assertGreater(count, 8)
