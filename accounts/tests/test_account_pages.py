"""The pages of the resident's account, its email address and its password."""

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

    def test_it_shows_the_account_in_five_queries(self) -> None:
        with self.assertNumQueries(5):  # session, user, permissions (2), email address
            page = self.client.get(ACCOUNT)
        for text in ('value="Rita Reader"', "reader@example.org", "not confirmed", CHANGE, EMAIL):
            self.assertContains(page, text)
        self.assert_no_store(page)

    def test_only_name_phone_and_address_are_changed(self) -> None:
        answer = self.save(name=" Rita R. ", phone="+155", address="7 Mill Lane", username="x", email="x@x.org", id="1")
        self.assertRedirects(answer, ACCOUNT, fetch_redirect_response=False)
        self.assertContains(self.client.get(ACCOUNT), "Your changes are saved.")
        user = User.objects.get(pk=self.reader.pk)
        self.assertEqual((user.name, user.phone, user.address), ("Rita R.", "+155", "7 Mill Lane"))
        self.assertEqual((user.username, user.email), ("reader", "reader@example.org"))

    def test_errors_are_shown_by_field_and_input_is_kept(self) -> None:
        answer = self.save(phone="12-34x", name="<script>alert(1)</script>", address="x" * 501)
        self.assertContains(answer, "At most 15 digits", status_code=400)
        self.assertContains(answer, 'id="address-errors"', status_code=400)
        self.assertContains(answer, 'value="12-34x"', status_code=400)
        self.assertNotContains(answer, "<script>alert", status_code=400)
        self.assertEqual(User.objects.get(pk=self.reader.pk).name, "Rita Reader")

    def test_residents_see_and_change_only_their_own_account(self) -> None:
        self.save(name="Changed")
        self.assertEqual(User.objects.get(pk=self.other.pk).name, "")
        self.sign_in(self.other)
        self.assertNotContains(self.client.get(ACCOUNT), "Changed")

    def test_visitors_and_other_verbs_are_refused(self) -> None:
        for path in (ACCOUNT, EMAIL, CHANGE):
            self.assert_verbs(path, "GET", "HEAD", "POST")
        for path in (ACCOUNT, EMAIL, CHANGE):
            self.assert_closed(path)


class EmailPageTests(PageTestCase):
    def setUp(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.waiting = user_register(
                username="waiting", email="waiting@example.org", password=PASSWORD, at=timezone.now()
            )
        mail.outbox.clear()
        self.sign_in(self.waiting)

    def test_the_mail_is_sent_again_and_its_link_confirms_the_address(self) -> None:
        answer = self.client.post(EMAIL, follow=True)
        self.assertContains(answer, "If waiting@example.org is not confirmed yet, we have sent an email to it.")
        path = next(line for line in str(mail.outbox[0].body).split() if "/accounts/confirm-email/" in line)
        path = path[path.index("/accounts/") :]
        answer = self.client.post(path, follow=True)
        self.assertContains(answer, "Thank you, your address is confirmed.")
        self.assertContains(answer, '<a href="/books/">Browse the library.</a>')
        page = self.client.get(ACCOUNT)
        self.assertNotContains(page, "not confirmed")
        self.client.post(EMAIL)
        self.assertEqual(len(mail.outbox), 1)

    def test_opening_the_page_sends_nothing(self) -> None:
        self.assertContains(self.client.get(EMAIL), "waiting@example.org")
        self.assertFalse(mail.outbox)

    def test_pages_and_api_share_the_limit_of_mails(self) -> None:
        resend = "/api/rest-auth/registration/resend-email/"
        with limits(mail_recipient="2/hour"):
            self.assert_status(self.call("POST", resend, {"email": "waiting@example.org"}), 200)
            self.assertEqual(self.client.post(EMAIL).status_code, 302)
            answer = self.client.post(EMAIL)
        self.assertContains(answer, "Please try again in 60 minutes.", status_code=429)
        self.assertGreater(int(answer["Retry-After"]), 3000)
        self.assertEqual(len(mail.outbox), 2)

    def test_an_account_without_an_address_says_so_and_is_not_throttled(self) -> None:
        text = "Your account has no email address."
        self.assertNotContains(self.client.get(ACCOUNT), text)
        User.objects.filter(pk=self.waiting.pk).update(email="")
        with limits(mail_recipient="1/hour", mail_address="1/hour"):
            for request in (self.client.get, self.client.post, self.client.post):
                self.assertContains(request(EMAIL, follow=True), text)
        page = self.client.get(ACCOUNT)
        self.assertNotContains(page, "not confirmed")
        self.assertFalse(mail.outbox)

    def test_a_wrong_link_offers_another_mail(self) -> None:
        answer = self.client.post("/accounts/confirm-email/x/")
        self.assertContains(answer, "This link is wrong, has expired or was used before.", status_code=400)
        self.assertContains(answer, f'href="{EMAIL}"', status_code=400)


class PasswordPageTests(PageTestCase):
    def setUp(self) -> None:
        self.sign_in(self.reader)

    def change(self, **changes: str) -> Any:
        body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        return self.client.post(CHANGE, {**body, **changes})

    def test_only_this_session_stays_signed_in(self) -> None:
        pair = pair_issue(self.reader, at=timezone.now())
        other_browser = self.client_class()
        other_browser.force_login(self.reader)
        self.assertRedirects(self.change(), ACCOUNT, fetch_redirect_response=False)
        self.assertContains(self.client.get(ACCOUNT), "Your new password is saved.")
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(NEW))
        self.assertEqual(other_browser.get(ACCOUNT).status_code, 302)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": pair["refresh"]}), 401)

    def test_errors_are_shown_by_field(self) -> None:
        answer = self.change(old_password="wrong", new_password1="reader", new_password2="x")
        for field in ("old_password", "new_password1", "new_password2"):
            self.assertContains(answer, f'id="{field}-errors"', status_code=400)
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(PASSWORD))

    def test_the_form_shows_that_there_were_too_many_wrong_passwords(self) -> None:
        with limits(login_name="1/min"):
            self.assertEqual(self.change(old_password="wrong").status_code, 400)
            answer = self.change()
        self.assertContains(answer, "Please try again in 1 minute.", status_code=429)
        self.assertIn("Retry-After", answer)
        self.assertNotContains(answer, PASSWORD, status_code=429)

    def test_the_form_shows_errors_of_the_service(self) -> None:
        text = "Changed by another request."
        for error, status in ((Conflict(text), 409), (ValidationError(text), 400)):
            with self.subTest(status=status), patch.object(services, "password_change", side_effect=error):
                self.assertContains(self.change(), text, status_code=status)


class ForgottenPageTests(PageTestCase):
    def ask(self, email: str) -> Any:
        return self.client.post(FORGOTTEN, {"email": email})

    def test_the_answer_is_the_same_for_known_and_unknown_addresses(self) -> None:
        make_user("gone", is_active=False)
        for name in ("reader", "nobody", "gone"):
            self.assertRedirects(self.ask(f"{name}@example.org"), "/accounts/login/", fetch_redirect_response=False)
            text = f"If an account has the address {name}@example.org, we have sent a link to it."
            self.assertContains(self.client.get("/accounts/login/"), text)
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])
        self.assertIn("/accounts/password/reset/", mail.outbox[0].body)

    def test_invalid_addresses_are_refused(self) -> None:
        for email in ("", "x", "<b>@", "a\0@example.org", "x" * 300 + "@example.org"):
            with self.subTest(email=email[:9]):
                self.assertContains(self.ask(email), 'id="email-errors"', status_code=400)

    def test_pages_and_api_share_the_limit_of_requests(self) -> None:
        with limits(mail_address="2/hour"):
            self.assert_status(self.call("POST", "/api/rest-auth/password/reset/", {"email": "a@example.org"}), 200)
            self.assertEqual(self.ask("b@example.org").status_code, 302)
            answer = self.ask("reader@example.org")
        self.assertContains(answer, "Please try again in 60 minutes.", status_code=429)
        self.assertContains(answer, 'value="reader@example.org"', status_code=429)
        self.assertFalse(mail.outbox)
        self.assert_verbs(FORGOTTEN, "GET", "HEAD", "POST")
        self.assertEqual(self.client.get(FORGOTTEN).status_code, 200)
