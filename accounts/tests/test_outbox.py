"""The mails of accounts in the outbox: rates at registration, equal work for unknown addresses, and spellings."""

from typing import Any
from unittest import mock

from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import PASSWORD, CastTestCase
from accounts.tests.test_throttles import limits
from common import outbox
from common.models import Mail
from common.tests.statements import statements

REGISTRATION = "/api/rest-auth/registration/"
RESET = "/api/rest-auth/password/reset/"
RESEND = "/api/rest-auth/registration/resend-email/"


class OutboxTests(CastTestCase):
    def register(self, number: int, email: str) -> Any:
        fields = {"username": f"new-{number}", "email": email, "password1": PASSWORD, "password2": PASSWORD}
        return self.call("POST", REGISTRATION, fields)

    def test_registrations_beyond_the_rate_of_a_mailbox_succeed_and_their_mails_wait(self) -> None:
        with limits(mail_recipient="5/hour"):
            for number in range(12):
                self.assert_status(self.register(number, f"victim+{number}@example.org"), 201)
            self.assertEqual((len(mail.outbox), Mail.objects.waiting().count()), (5, 7))
            outbox.send_waiting(at=timezone.now())
            self.assertEqual(len(mail.outbox), 5)
            answer = self.call("POST", RESEND, {"email": "victim+99@example.org"})
            self.assertEqual(answer.status_code, 429)

    def test_registrations_beyond_the_rate_of_an_address_succeed_on_the_page_too(self) -> None:
        with limits(mail_address="1/hour"):
            self.assert_status(self.register(1, "one@example.org"), 201)
            fields = {"username": "two", "email": "two@example.org", "password1": PASSWORD, "password2": PASSWORD}
            self.assertEqual(self.client.post("/accounts/signup/", fields).status_code, 302)
        self.assertTrue(User.objects.filter(username="two").exists())
        self.assertEqual(Mail.objects.waiting().get().recipient, "two@example.org")

    def test_a_registration_that_is_refused_counts_for_no_mail(self) -> None:
        with limits(mail_recipient="1/hour"):
            self.assert_status(self.register(1, "new@example.org"), 201)
            self.assert_status(self.register(1, "other-new@example.org"), 400)  # the username is taken
            self.assert_status(self.call("POST", RESET, {"email": "other-new@example.org"}), 200)

    def test_an_unknown_address_makes_the_same_statements_as_a_known_one(self) -> None:
        """No look at accounts: only the builder, in the background, tells them apart."""
        self.call("POST", RESET, {"email": "first@example.org"})  # begins the window of this address
        for path in (RESET, RESEND):
            made = []
            for email in ("reader@example.org", "nobody@example.org"):
                with mock.patch.object(outbox, "send_soon"), CaptureQueriesContext(connection) as queries:
                    self.assert_status(self.call("POST", path, {"email": email}), 200)
                made.append([sql.split()[:3] for sql in statements(queries)])
            self.assertEqual(made[0], made[1])
            self.assertEqual([words[0] for words in made[0] if words[2] != "common_throttlewindow"], ["INSERT"])

    def test_a_mail_to_an_address_without_an_account_is_dropped_and_forgotten(self) -> None:
        self.assert_status(self.call("POST", RESET, {"email": "nobody@example.org"}), 200)
        row = Mail.objects.get()
        self.assertEqual((row.recipient, row.sent_at, mail.outbox), ("", None, []))
        self.assertIsNotNone(row.dropped_at)

    def test_a_reset_goes_to_the_address_on_file_and_not_to_another_spelling(self) -> None:
        self.assert_status(self.call("POST", RESET, {"email": "READER@EXAMPLE.ORG"}), 200)
        self.assertEqual(mail.outbox[0].to, ["reader@example.org"])

    def test_an_address_that_the_database_cannot_hold_is_refused(self) -> None:
        for path in (RESET, RESEND):
            for email in ("a@\\ud800b.org", "a@b\\u0000.org"):
                with self.subTest(path=path, email=email):
                    self.assert_status(self.call("POST", path, f'{{"email": "{email}"}}'), 400)

    def test_a_mail_for_an_account_that_is_gone_is_not_sent(self) -> None:
        with mock.patch.object(outbox, "send_soon"):
            self.assert_status(self.call("POST", RESET, {"email": "reader@example.org"}), 200)
        self.reader.delete()
        self.assertEqual(outbox.send_waiting(at=timezone.now()), {outbox.Outcome.UNWANTED: 1})
