"""Senders that are killed, two at once, and a mail server that is away: with real processes and a real SMTP server."""

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from unittest import mock

from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from accounts.tests.cast import make_user
from accounts.tests.races import at_once
from common import outbox
from common.models import Mail
from common.outbox import Outcome, mail_enqueue, send_waiting
from project.config import values
from project.tests.processes import SAFETY_NET_SECONDS
from project.tests.server.mail_server import MailServer
from project.tests.server.servers import database_url, eventually

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
COMMAND = ["manage.py", "send_notices"]
REGISTRATION = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "project.tests.server.served_settings"
import django
django.setup()
from django.utils import timezone
from accounts.services import user_register
user_register(username="new", email="new@example.org", password="correct-horse-7", at=timezone.now())
"""


class OutboxCase(TransactionTestCase):
    def setUp(self) -> None:
        self.server = MailServer()
        self.addCleanup(self.server.close)
        self.url = f"smtp://127.0.0.1:{self.server.port}"
        self.enterContext(override_settings(**values.mail(self.url)))

    def queue(self, count: int) -> list[str]:
        """Queues mails that are not sent at once, and returns the recipients."""
        recipients = [make_user(f"reader-{number}").email for number in range(count)]
        with mock.patch.object(outbox, "send_soon"):
            for recipient in recipients:
                kind = "accounts.password_reset"
                mail_enqueue(kind=kind, recipient=recipient, parameters={}, language="en", at=AT)
        return recipients

    def received(self) -> Counter[str]:
        return Counter(str(message["To"]) for message in self.server.messages())

    def kill_at(self, place: str, *arguments: str) -> None:
        """Runs a process and kills it when the conversation with the mail server has reached the place."""
        self.server.hold_at = place
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": database_url(), "DATABASE_URL_FILE": "", "EMAIL_URL": self.url},
            stdout=subprocess.DEVNULL,
        )
        self.assertTrue(self.server.held.wait(SAFETY_NET_SECONDS))
        process.kill()
        process.wait(SAFETY_NET_SECONDS)
        self.server.release()

    def send_until_nothing_waits(self) -> None:
        """PostgreSQL may notice a moment later that a process has gone, and keeps its locks until then."""

        def is_empty() -> bool:
            send_waiting(at=timezone.now())
            return not Mail.objects.waiting().exists()

        eventually(is_empty)


class KilledProcessTests(OutboxCase):
    def assert_nothing_is_lost(self, place: str, *, repeated: int = 0) -> None:
        """Kills a run of send_notices at the second of three mails, and lets another one send what is left."""
        recipients = self.queue(3)
        self.kill_at(place, *COMMAND)
        self.send_until_nothing_waits()
        received = self.received()
        self.assertEqual(set(received), set(recipients))
        self.assertEqual(received.total(), 3 + repeated)
        # Both copies of a repeated mail have the same Message-ID, and no two mails share one.
        ids = {(message["To"], message["Message-ID"]) for message in self.server.messages()}
        self.assertEqual((len(ids), len({message_id for _to, message_id in ids})), (3, 3))

    def test_killed_before_the_mail_is_sent(self) -> None:
        self.assert_nothing_is_lost("the greeting of mail 2")

    def test_killed_while_the_mail_is_sent(self) -> None:
        self.assert_nothing_is_lost("DATA of mail 2")

    def test_killed_between_the_end_of_the_mail_and_the_answer_it_is_sent_twice(self) -> None:
        self.assert_nothing_is_lost("the answer to mail 2", repeated=1)

    def test_killed_after_the_answer(self) -> None:
        self.assert_nothing_is_lost("QUIT of mail 2")

    def test_a_server_that_is_killed_loses_no_mail_of_its_threads(self) -> None:
        self.kill_at("the greeting of mail 1", "-c", REGISTRATION)
        self.assertEqual((self.received().total(), Mail.objects.waiting().count()), (0, 1))
        self.send_until_nothing_waits()
        self.assertEqual(self.received(), Counter(["new@example.org"]))


class SenderTests(OutboxCase):
    def test_two_runs_at_once_send_each_mail_once(self) -> None:
        recipients = self.queue(12)
        outcomes = at_once([partial(send_waiting, at=AT)] * 2)
        self.assertEqual(self.received(), Counter(recipients))
        self.assertEqual(sum(outcome[Outcome.SENT] for outcome in outcomes), 12)

    def test_a_mail_that_another_process_sends_is_left_to_it(self) -> None:
        [recipient] = self.queue(1)
        self.server.hold_at = "DATA of mail 1"

        def second() -> Counter[Outcome]:
            self.assertTrue(self.server.held.wait(SAFETY_NET_SECONDS))
            outcomes = send_waiting(at=AT)
            self.server.release()
            return outcomes

        first, second_outcomes = at_once([partial(send_waiting, at=AT), second])
        self.assertEqual((first, second_outcomes), (Counter({Outcome.SENT: 1}), Counter()))
        self.assertEqual(self.received(), Counter([recipient]))

    def test_mails_wait_while_the_mail_server_is_away(self) -> None:
        recipients = self.queue(3)
        self.server.close()
        out = StringIO()
        with self.assertRaisesMessage(CommandError, "No connection to the mail server"):
            call_command("send_notices", stdout=out)
        self.assertIn("3 still wait", out.getvalue())
        tried = Mail.objects.get(attempts=1)  # one is enough to see that the server is away
        self.assertEqual(tried.last_error, "ConnectionRefusedError")
        self.assertEqual(Mail.objects.filter(attempts=0, last_error="").count(), 2)
        self.assertEqual({row.recipient for row in Mail.objects.all()}, set(recipients))
        again = MailServer()
        self.addCleanup(again.close)
        delay = tried.next_attempt_at - timedelta(minutes=1)
        with override_settings(**values.mail(f"smtp://127.0.0.1:{again.port}")):
            self.assertEqual(send_waiting(at=delay)[Outcome.SENT], 2)
            self.assertEqual(send_waiting(at=tried.next_attempt_at)[Outcome.SENT], 1)
        self.assertEqual(len(again.mails), 3)
