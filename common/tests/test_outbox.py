"""The outbox: what is queued, what is sent when, and what a row keeps."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from smtplib import SMTPRecipientsRefused
from typing import Any
from unittest import mock

from django.conf import settings
from django.core import mail
from django.core.mail.backends import locmem
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from rest_framework.exceptions import Throttled

from accounts.tests.races import at_once
from common import outbox
from common.models import Mail
from common.outbox import Message, Outcome, mail_enqueue, mails_delete_finished, mails_forget, send_waiting

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ANN = "ann@example.org"
HOUR = timedelta(hours=1)


def note(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the mails of these tests."""
    if mail.parameters.get("wrong"):
        Mail.objects.create(pk=mail.pk)  # an error of the database, after which its transaction must go on
    if mail.parameters.get("gone"):
        return None
    text = f"{mail.parameters} at {at:%H:%M} in {get_language()}"
    return Message("A note", text, html=f"<p>{text}</p>", headers={"X-Kind": mail.kind})


def queue(recipient: str = ANN, *, at: datetime = AT, language: str = "en", **options: Any) -> None:
    parameters = options.pop("parameters", {})
    mail_enqueue(kind="tests.note", recipient=recipient, parameters=parameters, language=language, at=at, **options)


def refused() -> Any:
    failure = SMTPRecipientsRefused({ANN: (550, b"no such user")})
    return mock.patch.object(locmem.EmailBackend, "send_messages", side_effect=failure)


@override_settings(
    MAIL_BUILDERS={"tests.note": "common.tests.test_outbox.note"},
    THROTTLES={"mail_address": "3/hour", "mail_recipient": "2/hour"},
    DEFAULT_FROM_EMAIL="Town hall <hall@town.example>",
)
class OutboxCase(TestCase):
    def recipients(self) -> list[str]:
        return [message.to[0] for message in mail.outbox]


class EnqueueTests(OutboxCase):
    def test_a_mail_is_sent_after_the_commit_and_not_before(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            queue()
            self.assertEqual(mail.outbox, [])
        self.assertEqual(self.recipients(), [ANN])

    def test_a_transaction_that_fails_queues_nothing(self) -> None:
        with self.captureOnCommitCallbacks(execute=True), self.assertRaises(ZeroDivisionError), transaction.atomic():
            queue()
            raise ZeroDivisionError
        self.assertFalse(Mail.objects.exists() or mail.outbox)

    def test_a_key_is_queued_once_also_after_the_mail_was_sent(self) -> None:
        for _number in range(2):
            queue(key="due:7")
            send_waiting(at=AT)
        self.assertEqual((Mail.objects.count(), len(mail.outbox)), (1, 1))

    def test_mails_without_a_key_are_all_queued(self) -> None:
        queue()
        queue()
        self.assertEqual(Mail.objects.count(), 2)

    def test_a_kind_without_a_builder_is_an_error(self) -> None:
        with self.assertRaises(ValueError):
            mail_enqueue(kind="tests.other", recipient=ANN, parameters={}, language="en", at=AT)


class SendTests(OutboxCase):
    def test_the_builder_gets_the_row_the_time_and_the_language(self) -> None:
        queue(parameters={"book": 7}, language="es")
        self.assertEqual(send_waiting(at=AT + HOUR), {Outcome.SENT: 1})
        self.assertEqual(mail.outbox[0].body, "{'book': 7} at 10:30 in es")
        sent: Any = mail.outbox[0]
        self.assertEqual(sent.alternatives[0][0], f"<p>{sent.body}</p>")
        self.assertEqual(sent.extra_headers["X-Kind"], "tests.note")

    def test_a_row_that_was_sent_keeps_no_personal_data(self) -> None:
        queue(parameters={"user_id": 7}, key="due:7")
        row = Mail.objects.get()
        send_waiting(at=AT + HOUR)
        message_id = mail.outbox[0].message()["Message-ID"]
        self.assertEqual(message_id, f"<{row.pk}@town.example>")
        row.refresh_from_db()
        self.assertEqual((row.recipient, row.parameters, row.counted_for), ("", {}, ""))
        self.assertEqual((row.kind, row.key, row.created_at, row.sent_at), ("tests.note", "due:7", AT, AT + HOUR))

    def test_the_database_refuses_personal_data_in_a_finished_row(self) -> None:
        queue()
        for changes in ({"sent_at": AT}, {"dropped_at": AT}, {"recipient": "", "sent_at": AT, "dropped_at": AT}):
            with self.subTest(changes=changes), self.assertRaises(IntegrityError), transaction.atomic():
                Mail.objects.update(**changes)

    def test_a_mail_that_is_no_longer_wanted_is_dropped(self) -> None:
        queue(parameters={"gone": True})
        self.assertEqual(send_waiting(at=AT), {Outcome.UNWANTED: 1})
        row = Mail.objects.get()
        self.assertEqual((row.recipient, row.parameters, row.sent_at, row.dropped_at), ("", {}, None, AT))
        self.assertEqual(mail.outbox, [])

    def test_an_error_in_a_builder_stops_no_other_mail(self) -> None:
        queue(parameters={"wrong": True})
        queue("bob@example.org")
        self.assertEqual(send_waiting(at=AT), {Outcome.FAILED: 1, Outcome.SENT: 1})
        self.assertEqual(self.recipients(), ["bob@example.org"])
        self.assertEqual(Mail.objects.waiting().get().last_error, "IntegrityError")

    def test_a_refused_mail_is_tried_again_later_and_later_and_then_given_up(self) -> None:
        queue(parameters={"user_id": 7})
        at, delays = AT, []
        with refused() as sending:
            for _attempt in range(outbox.MAX_ATTEMPTS - 1):
                self.assertEqual(send_waiting(at=at), {Outcome.FAILED: 1})
                row = Mail.objects.get()
                delays.append(row.next_attempt_at - at)
                self.assertEqual(send_waiting(at=row.next_attempt_at - timedelta(seconds=1)), {})
                at = row.next_attempt_at
            self.assertEqual(send_waiting(at=at), {Outcome.GIVEN_UP: 1})
        self.assertEqual(sending.call_count, outbox.MAX_ATTEMPTS)
        self.assertEqual([delay.total_seconds() / 60 for delay in delays[:10]], [1, 2, 4, 8, 16, 32, 64, 128, 256, 360])
        self.assertGreater(at - AT, timedelta(days=3, hours=12))
        row = Mail.objects.get()
        self.assertEqual((row.recipient, row.parameters, row.dropped_at), ("", {}, at))
        self.assertEqual((row.last_error, send_waiting(at=at + timedelta(days=9))), ("SMTPRecipientsRefused", {}))

    def test_a_mail_that_ends_its_process_moves_behind_the_others_and_is_given_up(self) -> None:
        queue()
        queue("bob@example.org", at=AT + timedelta(seconds=1))
        first = Mail.objects.get(recipient=ANN)
        for attempt in range(1, 3):
            self.assertEqual(outbox.claim(at=AT + attempt * HOUR, pk=first.pk), first.pk)  # and then it is killed
            first.refresh_from_db()
            self.assertEqual(first.attempts, attempt)
        self.assertNotEqual(outbox.claim(at=AT + 3 * HOUR), first.pk)

    def test_a_mail_is_sent_although_the_connection_does_not_end_well(self) -> None:
        queue()
        with mock.patch.object(locmem.EmailBackend, "close", side_effect=TimeoutError):
            self.assertEqual(send_waiting(at=AT), {Outcome.SENT: 1})


class RateTests(OutboxCase):
    """At most 3 mails an hour for one address, and 2 to one mailbox."""

    def test_mail_beyond_the_rate_of_a_mailbox_is_refused_whatever_its_tag(self) -> None:
        for recipient in ("ann@example.org", "Ann+1@example.org"):
            queue(recipient, counted_for="192.0.2.1")
        with self.assertRaises(Throttled):
            queue("ann+2@EXAMPLE.org", counted_for="192.0.2.2")
        queue("bob+2@example.org", counted_for="192.0.2.2")
        self.assertEqual(Mail.objects.count(), 3)

    def test_mail_beyond_the_rate_of_an_address_is_refused(self) -> None:
        for number in range(3):
            queue(f"x{number}@example.org", counted_for="192.0.2.1")
        with self.assertRaises(Throttled):
            queue("x4@example.org", counted_for="192.0.2.1")

    def test_a_refused_mail_to_one_mailbox_does_not_count_for_the_address(self) -> None:
        for _number in range(2):
            queue(counted_for="192.0.2.2")
        for _number in range(5):
            with self.assertRaises(Throttled):
                queue(counted_for="192.0.2.1")
        for number in range(3):
            queue(f"x{number}@example.org", counted_for="192.0.2.1")

    def test_other_mail_is_not_counted(self) -> None:
        for _number in range(9):
            queue()
        queue(counted_for="192.0.2.1")
        self.assertEqual(send_waiting(at=AT), {Outcome.SENT: 10})

    def test_waiting_mail_is_sent_hour_by_hour_as_the_rate_allows(self) -> None:
        for number in range(5):
            queue(f"ann+{number}@example.org", counted_for="192.0.2.1", waits=True)
        sent = [len(mail.outbox) for hour in range(4) if send_waiting(at=AT + hour * HOUR) is not None]
        self.assertEqual(sent, [2, 4, 5, 5])
        self.assertEqual(Counter(self.recipients()), Counter(f"ann+{number}@example.org" for number in range(5)))
        self.assertEqual(list(Mail.objects.values_list("attempts", flat=True)), [1] * 5)


class ForgetTests(OutboxCase):
    def test_unsent_mails_of_a_user_or_to_an_address_are_deleted(self) -> None:
        queue(parameters={"user_id": 7})
        queue("Ann@Example.org")
        queue("bob@example.org", parameters={"user_id": 8})
        self.assertEqual(mails_forget(user_id=7, recipient=ANN), 2)
        self.assertEqual(Mail.objects.get().recipient, "bob@example.org")
        self.assertEqual(mails_forget(recipient="ann@example.org"), 0)
        with self.assertRaises(TypeError):
            mails_forget()

    def test_finished_rows_are_deleted_after_30_days_unless_their_key_is_needed(self) -> None:
        queue()
        queue(key="due:7")
        queue("bob@example.org", at=AT + HOUR)
        send_waiting(at=AT)
        later = AT + timedelta(days=30)
        self.assertEqual((mails_delete_finished(at=later - HOUR), mails_delete_finished(at=later + HOUR)), (0, 1))
        self.assertEqual(set(Mail.objects.values_list("key", "recipient")), {("due:7", ""), (None, "bob@example.org")})


class CommandTests(OutboxCase):
    def run_command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("send_notices", *arguments, stdout=out)
        return out.getvalue()

    def test_it_says_what_it_did(self) -> None:
        queue()
        queue(parameters={"gone": True})
        queue("bob@example.org", at=datetime(2999, 1, 1, tzinfo=UTC))
        dry = "tests.note: 2 due\ndry run, nothing sent: 2 of 3 mails are due\n"
        self.assertEqual((self.run_command("--dry-run"), mail.outbox), (dry, []))
        said = "notices done: 0 queued; 1 sent, 1 no longer wanted; 1 still wait, 0 old rows deleted\n"
        self.assertEqual(self.run_command(), said)
        self.assertEqual(self.run_command(), "notices done: 0 queued; 0 sent; 1 still wait, 0 old rows deleted\n")
        self.assertEqual(self.recipients(), [ANN])


@override_settings(MAIL_BUILDERS={"tests.note": "common.tests.test_outbox.note"})
class SimultaneousTests(TransactionTestCase):
    def test_a_key_that_is_queued_twenty_times_at_once_is_mailed_once(self) -> None:
        at_once([partial(queue, key="due:7")] * 20)
        self.assertEqual((Mail.objects.count(), len(mail.outbox)), (1, 1))


class BuilderTests(SimpleTestCase):
    def test_every_kind_has_a_builder_with_a_title(self) -> None:
        for kind, path in settings.MAIL_BUILDERS.items():
            with self.subTest(kind=kind):
                self.assertTrue(import_string(path).title)
                self.assertTrue(path.startswith(f"{kind.partition('.')[0]}."))
