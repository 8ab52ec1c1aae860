"""The base class of records that are voided, and tables of what spans all apps."""

import uuid
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Self, TypeVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from common.fields import LineField
from common.history_entry import HistoryEntry as HistoryEntry  # Django looks for models in this file

MAX_REASON_LENGTH = 500  # characters


def protecting_relations(model: type[models.Model]) -> list[Any]:
    """Returns the relations whose rows keep a row of `model` from being deleted."""
    return [relation for relation in model._meta.related_objects if relation.on_delete is models.PROTECT]


Row = TypeVar("Row", bound="Voidable", covariant=True)


class VoidableQuerySet(models.QuerySet[Row]):
    def valid(self) -> Self:
        """Returns the rows that are not void."""
        return self.filter(date_voided__isnull=True)

    def void(self) -> Self:
        return self.exclude(date_voided__isnull=True)

    def mark_void(self, row: models.Model, *, reason: str, by: models.Model, at: datetime) -> bool:
        """Voids a row of this model. Returns False if it is already void. Of two concurrent calls, one succeeds."""
        changes = {"date_voided": at, "voided_by": by, "void_reason": reason}
        if not self.valid().filter(pk=row.pk).update(**changes):
            return False
        for name, value in changes.items():
            setattr(row, name, value)
        return True


class Voidable(models.Model):
    """A record that is never deleted. If it is a mistake, it is voided with a reason, and no longer counts."""

    date_voided = models.DateTimeField(_("voided"), null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("voided by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    void_reason = LineField(_("reason"), max_length=MAX_REASON_LENGTH, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(date_voided__isnull=True, voided_by__isnull=True, void_reason="")
                | (Q(date_voided__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")),
                name="%(class)s_void_is_whole",
            )
        ]

    @property
    def voided(self) -> bool:
        return self.date_voided is not None


class ThrottleWindow(models.Model):
    """The number of attempts since a window began. The key is a hash, so that no name or address is stored."""

    key = models.CharField(max_length=64, primary_key=True)
    hits = models.PositiveIntegerField()
    ends = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.hits} until {self.ends:%H:%M:%S}"


class WordSpellings(models.Func):
    """A word, and what is left of it without each of its letters."""

    function = "word_spellings"
    output_field = ArrayField(models.TextField())


class ListWord(models.Model):
    """A word of a list, as `text_fold` returns it, from which `common.near` corrects searches.

    Triggers of the list's table add it. A word may be stored twice, if two transactions add it at the same time. A
    unique constraint would make the second wait for the first to end, and two imports might wait for each other.
    """

    list = models.CharField(max_length=63)  # the name of a table
    word = models.CharField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["list", "word"], name="listword_known"),
            GinIndex(WordSpellings("word"), name="listword_spellings"),
        ]

    def __str__(self) -> str:
        return self.word


class CsvUpload(models.Model):
    """A CSV file of the back office, from its preview until it is imported or an hour has passed.

    The transaction that imports the rows also sets `counts` and empties `text`, which tells later whether it was
    committed. `percent` is written over another connection meanwhile.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=64)  # a hash of the model, the user and the session that may import the file
    text = models.TextField(blank=True)
    digest = models.CharField(max_length=64)  # of the rows that it changes, as the preview showed them
    created_at = models.DateTimeField(db_index=True)
    percent = models.PositiveSmallIntegerField(default=0)
    counts = models.JSONField(null=True)  # rows by kind, once they are stored

    def __str__(self) -> str:
        return f"upload of {self.created_at:%Y-%m-%d %H:%M}"


class FormSubmission(models.Model):
    """The key of a form that was submitted (see `common.submissions`)."""

    key = models.UUIDField(primary_key=True)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.key)


class KeptAnswer(models.Model):
    """The answer to a request with an Idempotency-Key, encrypted (see `common.api.idempotency`)."""

    key = models.CharField(max_length=64, primary_key=True)  # a hash of the caller and the key
    # Text such as "user 7". A foreign key would lock the account's row before the services do.
    caller = models.CharField(max_length=32, db_index=True)
    answer = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"answer to {self.caller} of {self.created_at:%Y-%m-%d %H:%M}"


class CheckedPromise(models.Model):
    """How many rows break a promise, as `manage.py verify` last found (see `common.promises`)."""

    name = models.CharField(max_length=40, primary_key=True)
    violations = models.PositiveIntegerField()
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.violations}"


def mail_titles() -> dict[str, str]:
    """Returns the kinds of mail with their titles (see `common.outbox.titled`) in the language of the reader."""
    return {kind: str(import_string(path).title) for kind, path in settings.MAIL_BUILDERS.items()}


class MailQuerySet(models.QuerySet["Mail"]):
    def waiting(self) -> Self:
        """Returns the mails that are not sent yet."""
        return self.filter(IS_WAITING)

    def finished(self) -> Self:
        """Returns the mails that were sent, given up, or no longer wanted."""
        return self.exclude(IS_WAITING)

    def search(self, text: str) -> Self:
        """Returns the mails with the text in the title of their kind."""
        wanted = text.strip().casefold()
        return self.filter(kind__in=[kind for kind, title in mail_titles().items() if wanted in title.casefold()])

    def due(self, *, at: datetime) -> Self:
        return self.waiting().filter(next_attempt_at__lte=at)


IS_WAITING = Q(sent_at__isnull=True, dropped_at__isnull=True)


class Mail(models.Model):
    """A mail in the outbox (see `common.outbox`), from its cause until it is sent.

    Afterwards the row holds no personal data. Its id is random and not a number: after a restore a number would be used
    again, and receivers would take the mail for the earlier one with the same Message-ID.
    """

    PERSONAL = ("recipient", "parameters", "counted_for")  # empty once the mail is finished

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=100)
    key = models.CharField(_("key"), max_length=200, unique=True, null=True, blank=True)
    recipient = models.EmailField(_("recipient"), blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    language = models.CharField(_("language"), max_length=10)
    # The address of a client whose rate is exhausted. The mail waits, and is counted when it is sent.
    counted_for = models.TextField(_("counted for"), blank=True)
    created_at = models.DateTimeField(_("created"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=100, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("dropped"), null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("email"), _("outbox")
        constraints = [
            models.CheckConstraint(
                condition=IS_WAITING | Q(recipient="", parameters={}, counted_for=""), name="finished_mail_is_empty"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True), name="mail_is_sent_or_dropped"
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=IS_WAITING, name="mail_waiting"),
            models.Index(fields=["created_at"], name="mail_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {date_format(timezone.localtime(self.created_at), 'DATETIME_FORMAT')}"

    @property
    def title(self) -> str:
        """What staff call this kind of mail."""
        return mail_titles().get(self.kind, self.kind)

    @property
    def message_id(self) -> str:
        """The Message-ID, which is the same at each attempt."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        return f"<{self.pk}@{domain}>"

    def finish(self, *, sent_at: datetime | None = None, dropped_at: datetime | None = None) -> None:
        """Sets the fields of a mail that no longer waits, without saving it."""
        self.sent_at, self.dropped_at = sent_at, dropped_at
        self.recipient, self.parameters, self.counted_for = "", {}, ""
