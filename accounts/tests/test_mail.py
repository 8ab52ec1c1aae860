"""The email that verifies an address: sending it, sending it again, and using its key in a call and on a page."""

import re
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPRecipientsRefused
from typing import Any
from unittest import mock

from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client, TransactionTestCase, override_settings
from django.utils.translation import get_language

from accounts import mail as account_mail
from accounts.models import User
from accounts.services import email_change, user_register
from accounts.tests.cast import PASSWORD, call, make_user
from accounts.tests.hostile import HostileTestCase

VERIFY = "/api/rest-auth/registration/verify-email/"
RESEND = "/api/rest-auth/registration/resend-email/"


def key_in(message: Any) -> str:
    """Returns the key in the link of an email."""
    found = re.search(r"/accounts/confirm-email/(\S+)/$", str(message.body), re.MULTILINE)
    assert found is not None  # noqa: S101
    return found[1]


@override_settings(SITE_URL="https://town.example")
class VerificationTests(HostileTestCase):
    def setUp(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.user = user_register(username="newcomer", email="newcomer@example.org", password=PASSWORD)

    def key(self) -> str:
        return key_in(mail.outbox[-1])

    def path(self) -> str:
        return f"/accounts/confirm-email/{self.key()}/"

    def verify(self, status: int, key: Any) -> Any:
        body = {"key": key, "password": PASSWORD}
        return self.assert_status(self.call("POST", VERIFY, body, authorization="Bearer stale"), status)

    def test_the_link_begins_with_the_site_url(self) -> None:
        self.assertEqual(mail.outbox[0].to, ["newcomer@example.org"])
        self.assertIn(f"https://town.example{self.path()}", mail.outbox[0].body)

    def test_the_link_does_not_contain_the_host_of_the_request(self) -> None:
        body = {"username": "b", "email": "b@example.org", "password1": PASSWORD, "password2": PASSWORD}
        with override_settings(ALLOWED_HOSTS=["*"]), self.captureOnCommitCallbacks(execute=True):
            self.assert_status(self.call("POST", "/api/rest-auth/registration/", body, host="evil.example"), 201)
        self.assertNotIn("evil", str(mail.outbox[-1].message()))

    def test_a_key_verifies_once(self) -> None:
        self.assertFalse(self.user.has_verified_email())
        self.verify(200, self.key())
        self.assertTrue(self.user.has_verified_email())
        self.assertEqual(set(self.verify(400, self.key())), {"key"})
        self.assertTrue(self.user.has_verified_email())

    def test_a_key_is_useless_after_the_address_changed(self) -> None:
        key = self.key()
        email_change(user=self.user, email="elsewhere@example.org")
        self.verify(400, key)
        self.assertFalse(self.user.has_verified_email())
        email_change(user=self.user, email="newcomer@example.org")
        self.verify(400, key)
        self.assertFalse(self.user.has_verified_email())

    def test_a_changed_address_is_unverified(self) -> None:
        self.verify(200, self.key())
        email_change(user=self.user, email="elsewhere@example.org")
        self.assertFalse(self.user.has_verified_email())
        email_change(user=self.user, email="")
        self.assertFalse(self.user.has_verified_email())
        self.assertFalse(EmailAddress.objects.filter(user=self.user).exists())

    def test_a_key_expires(self) -> None:
        with mock.patch("allauth.account.app_settings.AppSettings.EMAIL_CONFIRMATION_EXPIRE_DAYS", -1):
            self.verify(400, self.key())

    def test_bad_input_is_refused(self) -> None:
        for key in ("x", "a:b:c", self.key()[:-1], "é:1:é", "1:2", ":" * 400):
            with self.subTest(key=key):
                self.assertEqual(set(self.verify(400, key)), {"key"})
        for path, field in ((VERIFY, "key"), (RESEND, "email")):
            self.assertEqual(set(self.assert_status(self.call("POST", path, {}), 400)), {field})
            self.assert_fields_refused("POST", path, {field})
            self.assert_bodies_refused("POST", path)
            self.assert_only(path, "POST")
        self.assertFalse(self.user.has_verified_email())

    def test_the_page_verifies_only_when_its_button_is_pressed(self) -> None:
        path = self.path()
        self.client.force_login(self.user)
        page = self.client.get(path)
        self.assertContains(page, "<button>Confirm my address</button>")
        self.assertIn("no-store", page["Cache-Control"])
        self.assertEqual(self.client.head(path).status_code, 200)
        self.assertEqual(Client(enforce_csrf_checks=True).post(path).status_code, 403)
        self.assertFalse(self.user.has_verified_email())
        self.assertContains(self.client.post(path, follow=True), "your address is confirmed")
        self.assertTrue(self.user.has_verified_email())
        self.assertContains(self.client.post(path), "used before", status_code=400)

    def test_malformed_links_are_not_500(self) -> None:
        for key in ("%00", "%ED%A0%80", "x" * 3000, "a:b:c", "%3Cscript%3E"):
            with self.subTest(key=key[:9]):
                self.assertEqual(self.client.get(f"/accounts/confirm-email/{key}/").status_code, 200)
                self.assertEqual(self.client.post(f"/accounts/confirm-email/{key}/").status_code, 400)
        self.assertEqual(self.client.put("/accounts/confirm-email/x/").status_code, 405)

    def test_an_account_created_by_a_command_is_mailed_too(self) -> None:
        make_user("made", email="Made@Example.org")
        self.assert_status(self.call("POST", RESEND, {"email": "made@example.org"}), 200)
        self.assertEqual(mail.outbox[-1].to, ["made@example.org"])
        self.verify(200, self.key())
        self.assertTrue(User.objects.get(username="made").has_verified_email())

    def test_resending_always_answers_the_same_and_mails_only_unverified_addresses(self) -> None:
        make_user("gone", is_active=False)
        self.verify(200, self.key())
        with self.captureOnCommitCallbacks(execute=True):
            user_register(username="waiting", email="waiting@example.org", password=PASSWORD)
        mail.outbox.clear()
        answers = [
            self.call("POST", RESEND, {"email": email})
            for email in ("Waiting@example.org", "newcomer@example.org", "nobody@example.org", "gone@example.org")
        ]
        self.assertEqual({(answer.status_code, answer.content) for answer in answers}, {(200, answers[0].content)})
        self.assertEqual([message.to for message in mail.outbox], [["waiting@example.org"]])
        self.verify(200, self.key())


@override_settings(MAIL_IN_BACKGROUND=True)
class BackgroundTests(TransactionTestCase):
    """With a thread as in production, and commits that are visible to it."""

    def setUp(self) -> None:
        pool = ThreadPoolExecutor(max_workers=1)
        patched = mock.patch.object(account_mail, "background", pool)
        patched.start()
        self.addCleanup(patched.stop)
        self.addCleanup(pool.shutdown)
        self.pool = pool

    def register(self, **headers: Any) -> Any:
        body = {"username": "b", "email": "b@example.org", "password1": PASSWORD, "password2": PASSWORD}
        return call("POST", "/api/rest-auth/registration/", body, **headers)

    def test_mails_are_sent_in_the_background(self) -> None:
        self.assertEqual(self.register().status_code, 201)
        for path in (RESEND, "/api/rest-auth/password/reset/"):
            self.assertEqual(call("POST", path, {"email": "b@example.org"}).status_code, 200)
        self.pool.shutdown()
        self.assertEqual([message.to for message in mail.outbox], [["b@example.org"]] * 3)

    def test_mails_are_in_the_language_of_the_request(self) -> None:
        languages: list[str | None] = []
        with mock.patch.object(account_mail, "send_mail", side_effect=lambda *_: languages.append(get_language())):
            self.assertEqual(self.register(accept_language="es").status_code, 201)
            for language in ("es", "en"):
                call("POST", RESEND, {"email": "b@example.org"}, accept_language=language)
            self.pool.shutdown()
        self.assertEqual(languages, ["es", "es", "en"])

    def test_a_failing_mail_server_does_not_fail_the_registration_or_log_an_address(self) -> None:
        failure = SMTPRecipientsRefused({"b@example.org": (550, b"no such user b@example.org")})
        with (
            mock.patch.object(account_mail, "send_mail", side_effect=failure) as sending,
            self.assertLogs("accounts.mail", "ERROR") as logs,
        ):
            self.assertEqual(self.register().status_code, 201)
            self.pool.shutdown()
        self.assertEqual(sending.call_count, 1)
        self.assertEqual(logs.output, ["ERROR:accounts.mail:An email could not be sent: SMTPRecipientsRefused"])
        self.assertIsNone(logs.records[0].exc_info)
