"""The outbox: each mail is a row that commits with its cause, and is sent after the commit.

A background thread of the server sends it at once. `manage.py send_notices` sends what is left: mails of a process that
was killed, mails that the mail server did not accept, and mails that wait for their rate. A row holds ids and plain
values. The function in settings.MAIL_BUILDERS makes the text, with its links and tokens, only when it is sent.

The row is locked while its mail is sent, so that two processes do not send it at the same time. If a process is killed
between the mail server's answer and the commit, the mail is sent again, with the same Message-ID.
"""

import logging
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from rest_framework.exceptions import Throttled

from common.exceptions import Conflict
from common.models import Mail
from common.throttling import count_attempt, uncount_attempt

logger = logging.getLogger(__name__)

# Delays of 1, 2, 4 minutes and so on, at most 6 hours. The last attempt is four days after the first.
FIRST_DELAY = timedelta(minutes=1)
MAX_DELAY = timedelta(hours=6)
MAX_ATTEMPTS = 24
KEEP_FINISHED = timedelta(days=30)
NO_LONGER_WAITS = _("This email no longer waits.")

# While the mail server is slow, further mails stay in the outbox instead of in the memory of this process.
MAX_IN_MEMORY = 20
background = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
places = BoundedSemaphore(MAX_IN_MEMORY)


@dataclass(frozen=True)
class Message:
    """The content of a mail. `recipient` replaces that of the row, where a visitor typed it in another spelling."""

    subject: str
    text: str
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    recipient: str = ""


class Outcome(StrEnum):
    """What became of a mail that was due."""

    SENT = "sent"
    UNWANTED = "no longer wanted"
    FAILED = "failed"
    GIVEN_UP = "given up"
    AWAY = "failed without a connection to the mail server"
    TAKEN = "taken by another process"


Builder = Callable[..., Message | None]


def titled(title: Any) -> Callable[[Builder], Builder]:
    """Gives a builder its `title`: what staff read in the outbox for this kind of mail."""

    def with_title(builder: Builder) -> Builder:
        builder.title = title  # type: ignore[attr-defined]
        return builder

    return with_title


def mail_enqueue(
    *,
    kind: str,
    recipient: str,
    parameters: Mapping[str, Any],
    language: str,
    at: datetime,
    key: str | None = None,
    counted_for: str | None = None,
    waits: bool = False,
) -> None:
    """Queues a mail in the caller's transaction, and sends it once that is committed.

    `kind` is a key of settings.MAIL_BUILDERS. `parameters` holds ids and plain values, and never a token. A second mail
    with the same `key` is not queued; a key contains no personal data, because it is kept.

    `counted_for` is the address of the client who caused the mail. It counts against the rates of that address and of
    the recipient. Beyond them Throttled is raised, or with `waits` the mail is sent later, when the rates allow it.
    """
    if kind not in settings.MAIL_BUILDERS:
        raise ValueError(f"There is no builder for mails of kind {kind!r}.")
    mail = Mail(
        kind=kind,
        recipient=recipient,
        parameters=dict(parameters),
        language=language,
        key=key,
        created_at=at,
        next_attempt_at=at,
    )
    if counted_for is not None:
        try:
            count_mail(recipient, address=counted_for, at=at)
        except Throttled as error:
            if not waits:
                raise
            mail.counted_for, mail.next_attempt_at = counted_for, at + wait_of(error)
    Mail.objects.bulk_create([mail], ignore_conflicts=True)  # only the key can conflict
    if mail.next_attempt_at <= at:
        transaction.on_commit(lambda: send_soon(mail.pk, at=at), robust=True)


def mail_retry(*, mail: Mail, at: datetime) -> None:
    """Sends a waiting mail now instead of at its next attempt. Raises Conflict if it no longer waits."""
    if not Mail.objects.waiting().filter(pk=mail.pk).update(next_attempt_at=at):
        raise Conflict(NO_LONGER_WAITS)
    transaction.on_commit(lambda: send_soon(mail.pk, at=at), robust=True)


def mails_forget(*, user_id: int | None = None, recipient: str | None = None) -> int:
    """Deletes the unsent mails of a user, to an address, or both, and returns their number.

    Waits for a mail that is being sent, whose row is then empty.
    """
    of_user = Q(parameters__user_id=user_id) if user_id is not None else Q()
    to_address = Q(recipient__iexact=recipient) if recipient is not None else Q()
    if not (of_user or to_address):
        raise TypeError("mails_forget needs a user or a recipient.")
    return Mail.objects.waiting().filter(of_user | to_address).delete()[0]


def mails_delete_finished(*, at: datetime) -> int:
    """Deletes the rows of finished mails after 30 days, except those whose key keeps a notice from being repeated."""
    return Mail.objects.finished().filter(key=None, created_at__lte=at - KEEP_FINISHED).delete()[0]


def send_waiting(*, at: datetime) -> Counter[Outcome]:
    """Sends the mails that are due, and returns how many had which outcome.

    Ends early while the mail server cannot be reached: each further mail would wait for it in vain.
    """
    outcomes: Counter[Outcome] = Counter()
    while not outcomes[Outcome.AWAY] and (pk := claim(at=at)):
        outcomes[send(pk, at=at)] += 1
    return outcomes


def send_soon(pk: UUID, *, at: datetime) -> None:
    """Sends a mail in another thread, so that the time of the answer does not tell whether an account has the address.

    A worker process that stops sends what it has in memory. One that is killed leaves it to `send_notices`.
    """
    if not settings.MAIL_IN_BACKGROUND:
        send_one(pk, at=at)
    elif places.acquire(blocking=False):
        # The context holds the id of the request, which then appears in what the thread logs.
        background.submit(copy_context().run, send_in_thread, pk, at)


def send_in_thread(pk: UUID, at: datetime) -> None:
    try:
        send_one(pk, at=at)
    except Exception as error:  # noqa: BLE001  no caller waits for this thread, and send_notices tries again
        logger.error("The outbox could not be read: %s", type(error).__name__)
    finally:
        places.release()
        connection.close()


def send_one(pk: UUID, *, at: datetime) -> None:
    if claim(at=at, pk=pk):
        send(pk, at=at)


def claim(*, at: datetime, pk: UUID | None = None) -> UUID | None:
    """Counts an attempt to send the mail that has been due longest, or that of `pk`, and returns its id.

    The attempt is committed before it is made. A mail that kills its process is thus given up in the end, and it moves
    behind the other mails that are due.
    """
    due = Mail.objects.due(at=at).order_by("next_attempt_at").select_for_update(skip_locked=True)
    while True:
        with transaction.atomic():
            mail = (due if pk is None else due.filter(pk=pk)).first()
            if mail is None:
                return None
            try:
                if mail.counted_for:
                    count_mail(mail.recipient, address=mail.counted_for, at=at)
                mail.counted_for, mail.attempts, mail.next_attempt_at = "", mail.attempts + 1, at
            except Throttled as error:
                mail.next_attempt_at = at + wait_of(error)
            mail.save(update_fields=["counted_for", "attempts", "next_attempt_at"])
        if mail.next_attempt_at <= at:
            return mail.pk


def send(pk: UUID, *, at: datetime) -> Outcome:
    """Sends a claimed mail. Commits before it ends the connection to the mail server, which may take long."""
    server = get_connection()
    try:
        with transaction.atomic():
            mail = Mail.objects.waiting().filter(pk=pk).select_for_update(skip_locked=True).first()
            if mail is None:
                return Outcome.TAKEN
            outcome = send_locked(mail, server, at=at)
            mail.save(update_fields=["sent_at", "dropped_at", "next_attempt_at", "last_error", *Mail.PERSONAL])
    finally:
        with suppress(Exception):  # the mail is accepted or refused by now
            server.close()
    return outcome


def send_locked(mail: Mail, server: Any, *, at: datetime) -> Outcome:
    """Builds and sends a mail, and sets the fields of its row, which the caller saves."""
    is_reached = True
    try:
        with transaction.atomic(), override(mail.language):
            builder: Builder = import_string(settings.MAIL_BUILDERS[mail.kind])
            message = builder(mail, at=at)
        if message is None:
            mail.finish(dropped_at=at)
            return Outcome.UNWANTED
        is_reached = False
        server.open()
        is_reached = True
        server.send_messages([email_message(mail, message)])
    except Exception as error:  # noqa: BLE001  an error in one mail must not stop the others
        # The message of an SMTP error quotes the recipient, so only its class is kept.
        mail.last_error = type(error).__name__
        logger.error("An email of kind %s could not be sent: %s", mail.kind, mail.last_error)
        if mail.attempts >= MAX_ATTEMPTS:
            mail.finish(dropped_at=at)
            return Outcome.GIVEN_UP
        mail.next_attempt_at = at + min(FIRST_DELAY * 2 ** (mail.attempts - 1), MAX_DELAY)
        return Outcome.FAILED if is_reached else Outcome.AWAY
    mail.finish(sent_at=at)
    return Outcome.SENT


def email_message(mail: Mail, message: Message) -> EmailMultiAlternatives:
    # RFC 3834: answering machines do not reply to it.
    headers = {**message.headers, "Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    email = EmailMultiAlternatives(
        message.subject, message.text, to=[message.recipient or mail.recipient], headers=headers
    )
    if message.html:
        email.attach_alternative(message.html, "text/html")
    return email


def count_mail(recipient: str, *, address: str, at: datetime) -> None:
    """Counts a mail that a client causes. Raises Throttled, and counts nothing, if one of the two limits is reached."""
    count_attempt("mail_address", address, at=at)
    try:
        count_attempt("mail_recipient", mailbox(recipient), at=at)
    except Throttled:
        uncount_attempt("mail_address", address)
        raise


def mailbox(recipient: str) -> str:
    """Returns the same text for all addresses of one mailbox: in any spelling, and with any +tag."""
    local, at_sign, domain = unicodedata.normalize("NFKC", recipient).replace("İ", "i").casefold().rpartition("@")
    return f"{local.partition('+')[0] or local}{at_sign}{domain}"


def wait_of(error: Throttled) -> timedelta:
    return timedelta(seconds=getattr(error, "wait", None) or 1)
