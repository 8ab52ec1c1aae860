"""The page of the own account, and those about its e-mail address and its password."""

from typing import Any
from unittest.mock import patch

from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import services
from accounts.models import User
from accounts.services import user_register
from accounts.tests.cast import PASSWORD, make_user
from accounts.tests.pages import PageTestCase
from accounts.tests.test_throttles import limits
from accounts.tokens import pair_issue
from common.exceptions import Conflict

ACCOUNT, EMAIL, CHANGE = "/accounts/me/", "/accounts/email/", "/accounts/password/"
FORGOTTEN = "/accounts/password/forgotten/"
NEW = "another-sentence-9"


class AccountPageTests(PageTestCase):
    def setUp(self) -> None:
        self.sign_in(self.reader)

    def save(self, **changes: str) -> Any:
        return self.client.post(ACCOUNT, {"name": "Rita", "phone": "", "address": "", **changes})

    def test_it_shows_what_is_kept_in_three_statements(self) -> None:
        with self.assertNumQueries(5):  # the session, the user, what they may (2), the address
            page = self.client.get(ACCOUNT)
        for text in ('value="Rita Reader"', "reader@example.org", "not confirmed", CHANGE, EMAIL):
            self.assertContains(page, text)
        self.assert_no_store(page)

    def test_name_phone_and_address_are_changed_and_nothing_else(self) -> None:
        answer = self.save(name=" Rita R. ", phone="+155", address="7 Mill Lane", username="x", email="x@x.org", id="1")
        self.assertRedirects(answer, ACCOUNT, fetch_redirect_response=False)
        self.assertContains(self.client.get(ACCOUNT), "Your changes are saved.")
        user = User.objects.get(pk=self.reader.pk)
        self.assertEqual((user.name, user.phone, user.address), ("Rita R.", "+155", "7 Mill Lane"))
        self.assertEqual((user.username, user.email), ("reader", "reader@example.org"))

    def test_a_bad_field_is_named_and_what_was_typed_is_kept(self) -> None:
        answer = self.save(phone="12-34", name="<script>alert(1)</script>", address="x" * 501)
        self.assertContains(answer, "At most 15 digits", status_code=400)
        self.assertContains(answer, 'id="address-errors"', status_code=400)
        self.assertContains(answer, 'value="12-34"', status_code=400)
        self.assertNotContains(answer, "<script>alert", status_code=400)
        self.assertEqual(User.objects.get(pk=self.reader.pk).name, "Rita Reader")

    def test_each_sees_and_changes_themselves_alone(self) -> None:
        self.save(name="Changed")
        self.assertEqual(User.objects.get(pk=self.other.pk).name, "")
        self.sign_in(self.other)
        self.assertNotContains(self.client.get(ACCOUNT), "Changed")

    def test_strangers_and_other_verbs_are_refused(self) -> None:
        for path in (ACCOUNT, EMAIL, CHANGE):
            self.assert_verbs(path, "GET", "HEAD", "POST")
        for path in (ACCOUNT, EMAIL, CHANGE):
            self.assert_closed(path)


class EmailPageTests(PageTestCase):
    def setUp(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.waiting = user_register(username="waiting", email="waiting@example.org", password=PASSWORD)
        mail.outbox.clear()
        self.sign_in(self.waiting)

    def test_the_mail_is_sent_again_and_its_link_confirms(self) -> None:
        answer = self.client.post(EMAIL, follow=True)
        self.assertContains(answer, "A mail is on its way to waiting@example.org")
        path = next(line for line in str(mail.outbox[0].body).split() if "/accounts/confirm-email/" in line)
        path = path[path.index("/accounts/") :]
        answer = self.client.post(path, follow=True)
        self.assertContains(answer, "Thank you, your address is confirmed.")
        self.assertContains(answer, '<a href="/books/">Look around in the library.</a>')
        page = self.client.get(ACCOUNT)
        self.assertNotContains(page, "not confirmed")
        self.assertNotContains(page, EMAIL)
        self.client.post(EMAIL)
        self.assertEqual(len(mail.outbox), 1)

    def test_looking_at_the_page_sends_nothing(self) -> None:
        self.assertContains(self.client.get(EMAIL), "waiting@example.org")
        self.assertFalse(mail.outbox)

    def test_too_many_are_refused_on_the_page_counted_with_those_of_the_api(self) -> None:
        resend = "/api/rest-auth/registration/resend-email/"
        with limits(mail_recipient="2/hour"):
            self.assert_status(self.call("POST", resend, {"email": "waiting@example.org"}), 200)
            self.assertEqual(self.client.post(EMAIL).status_code, 302)
            answer = self.client.post(EMAIL)
        self.assertContains(answer, "Please try again in 60 minutes.", status_code=429)
        self.assertGreater(int(answer["Retry-After"]), 3000)
        self.assertEqual(len(mail.outbox), 2)

    def test_without_an_address_the_account_says_so_and_nothing_is_counted(self) -> None:
        said = "There is no e-mail address on your account. Staff of the town hall can add one."
        self.assertNotContains(self.client.get(ACCOUNT), said)
        User.objects.filter(pk=self.waiting.pk).update(email="")
        with limits(mail_recipient="1/hour", mail_address="1/hour"):
            for ask in (self.client.get, self.client.post, self.client.post):
                self.assertContains(ask(EMAIL, follow=True), said)
        page = self.client.get(ACCOUNT)
        self.assertNotContains(page, "not confirmed")
        self.assertNotContains(page, EMAIL)
        self.assertFalse(mail.outbox)

    def test_a_wrong_link_offers_another_mail(self) -> None:
        answer = self.client.post("/accounts/confirm-email/x/")
        self.assertContains(answer, "This link is wrong, too old, or was used before.", status_code=400)
        self.assertContains(answer, f'href="{EMAIL}"', status_code=400)


class PasswordPageTests(PageTestCase):
    def setUp(self) -> None:
        self.sign_in(self.reader)

    def change(self, **changes: str) -> Any:
        body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        return self.client.post(CHANGE, {**body, **changes})

    def test_this_session_goes_on_and_all_else_ends(self) -> None:
        pair = pair_issue(self.reader, at=timezone.now())
        elsewhere = self.client_class()
        elsewhere.force_login(self.reader)
        self.assertRedirects(self.change(), ACCOUNT, fetch_redirect_response=False)
        self.assertContains(self.client.get(ACCOUNT), "Your new password is saved.")
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(NEW))
        self.assertEqual(elsewhere.get(ACCOUNT).status_code, 302)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": pair["refresh"]}), 401)

    def test_every_bad_field_is_named(self) -> None:
        answer = self.change(old_password="wrong", new_password1="reader", new_password2="x")
        for field in ("old_password", "new_password1", "new_password2"):
            self.assertContains(answer, f'id="{field}-errors"', status_code=400)
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(PASSWORD))

    def test_too_many_wrong_passwords_are_said_on_the_form(self) -> None:
        with limits(login_name="1/min"):
            self.assertEqual(self.change(old_password="wrong").status_code, 400)
            answer = self.change()
        self.assertContains(answer, "Please try again in 1 minute.", status_code=429)
        self.assertIn("Retry-After", answer)
        self.assertNotContains(answer, PASSWORD, status_code=429)

    def test_what_the_service_refuses_is_said_on_the_form(self) -> None:
        for error, status in ((Conflict("Changed meanwhile."), 409), (ValidationError("Changed meanwhile."), 400)):
            with self.subTest(status=status), patch.object(services, "password_change", side_effect=error):
                self.assertContains(self.change(), "Changed meanwhile.", status_code=status)


class ForgottenPageTests(PageTestCase):
    def ask(self, email: str) -> Any:
        return self.client.post(FORGOTTEN, {"email": email})

    def test_the_answer_is_the_same_whether_the_address_is_known_or_not(self) -> None:
        make_user("gone", is_active=False)
        for name in ("reader", "nobody", "gone"):
            self.assertRedirects(self.ask(f"{name}@example.org"), "/accounts/login/", fetch_redirect_response=False)
            said = f"If {name}@example.org belongs to an account, a mail with a link is on its way."
            self.assertContains(self.client.get("/accounts/login/"), said)
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])
        self.assertIn("/accounts/password/reset/", mail.outbox[0].body)

    def test_what_is_no_address_is_named(self) -> None:
        for email in ("", "x", "<b>@", "a\0@example.org", "x" * 300 + "@example.org"):
            with self.subTest(email=email[:9]):
                self.assertContains(self.ask(email), 'id="email-errors"', status_code=400)

    def test_too_many_are_refused_counted_with_those_of_the_api(self) -> None:
        with limits(mail_address="2/hour"):
            self.assert_status(self.call("POST", "/api/rest-auth/password/reset/", {"email": "a@example.org"}), 200)
            self.assertEqual(self.ask("b@example.org").status_code, 302)
            answer = self.ask("reader@example.org")
        self.assertContains(answer, "Please try again in 60 minutes.", status_code=429)
        self.assertContains(answer, 'value="reader@example.org"', status_code=429)
        self.assertFalse(mail.outbox)
        self.assert_verbs(FORGOTTEN, "GET", "HEAD", "POST")
        self.assertEqual(self.client.get(FORGOTTEN).status_code, 200)
