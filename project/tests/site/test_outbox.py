"""The outbox in the back office: superusers alone see it, without recipients, and may send a mail again."""

from datetime import timedelta

from django.core import mail
from django.test import override_settings
from django.utils import timezone

from accounts.tests.cast import CastTestCase, make_user
from common.models import Mail

LIST = "/admin/common/mail/"


class OutboxTests(CastTestCase):
    def setUp(self) -> None:
        at = timezone.now()
        self.mail = Mail.objects.create(
            kind="accounts.password_reset",
            recipient="reader@example.org",
            language="en",
            created_at=at,
            next_attempt_at=at + timedelta(hours=6),
            attempts=9,
            last_error="SMTPRecipientsRefused",
        )
        self.client.force_login(self.admin)

    def send_again(self) -> None:
        form = {"action": "retry", "_selected_action": [str(self.mail.pk)], "index": "0"}
        self.assertEqual(self.client.post(LIST, form).status_code, 302)
        self.mail.refresh_from_db()

    def test_a_superuser_sees_what_waits_but_not_to_whom(self) -> None:
        for path in (LIST, f"{LIST}{self.mail.pk}/change/"):
            page = self.client.get(path)
            self.assertContains(page, "SMTPRecipientsRefused")
            self.assertNotContains(page, "reader@example.org")
        self.assertEqual(self.client.post(f"{LIST}{self.mail.pk}/change/", {"recipient": "x"}).status_code, 403)
        self.assertEqual(self.client.get(f"{LIST}add/").status_code, 403)

    def test_it_is_titled_and_found_by_words_in_the_language_of_the_reader(self) -> None:
        for path in (LIST, f"{LIST}?q=ENLACE+PARA+ELEGIR+UNA+CONTRASE%C3%91A", f"{LIST}{self.mail.pk}/change/"):
            page = self.client.get(path, headers={"accept-language": "es"})
            self.assertContains(page, "Enlace para elegir una contraseña")
            self.assertNotContains(page, self.mail.kind)
        self.assertContains(self.client.get(f"{LIST}?q=receipt"), "0 emails")

    def test_other_staff_see_nothing_of_it(self) -> None:
        staff = make_user("chief", "Librarians", "Accounts desk", "Traffic office", "Moderators", is_staff=True)
        self.client.force_login(staff)
        self.assertEqual(self.client.get(LIST).status_code, 403)

    def test_a_waiting_mail_is_sent_again_at_once(self) -> None:
        self.send_again()
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])
        self.assertIsNotNone(self.mail.sent_at)
        self.send_again()
        self.assertEqual(len(mail.outbox), 1)

    @override_settings(MAIL_BUILDERS={})
    def test_a_mail_that_fails_again_still_waits(self) -> None:
        self.send_again()
        self.assertEqual((self.mail.attempts, self.mail.last_error), (10, "KeyError"))
        self.assertEqual(self.mail.recipient, "reader@example.org")
