"""The model of the history (see `common.history`)."""

import json
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class ExactDecoder(json.JSONDecoder):
    """Reads numbers such as 4.50 as they are written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parse_float=Decimal, **options)


class HistoryEntryQuerySet(models.QuerySet["HistoryEntry"]):
    def search(self, text: str) -> "HistoryEntryQuerySet":
        """Returns the entries of a request, by its id."""
        return self.filter(request_id=text.strip())


class HistoryEntry(models.Model):
    """A change of a row, which a trigger recorded (see `common.history`). The site may read it, and nothing else.

    `changes` has the columns that changed. Each has the values before and after, or null if they are secret or
    personal. User and officer are not foreign keys: an entry outlives them, and a foreign key would lock their rows.
    """

    class Act(models.TextChoices):
        INSERT = "insert", pgettext_lazy("row", "added")
        UPDATE = "update", pgettext_lazy("row", "changed")
        DELETE = "delete", pgettext_lazy("row", "deleted")
        TRUNCATE = "truncate", _("all rows deleted")
        REDACT = "redact", _("values removed from the history")
        PRUNE = "prune", _("old history deleted")

    class Door(models.TextChoices):
        API = "api", _("API")
        PAGE = "page", _("page")
        OFFICE = "office", _("back office")
        COMMAND = "command", _("command")
        UNKNOWN = "", _("unknown")

    at = models.DateTimeField(_("time"))
    table_name = models.TextField(_("table"))
    row_key = models.TextField(_("row"))
    act = models.TextField(_("change"), choices=Act)
    changes = models.JSONField(_("values"), decoder=ExactDecoder)
    door = models.TextField(_("by way of"), choices=Door)
    user_id = models.BigIntegerField(_("user"), null=True)
    officer_id = models.BigIntegerField(_("officer"), null=True)
    request_id = models.TextField(_("request id"))

    objects = HistoryEntryQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("change"), _("history")
        default_permissions = ("view",)
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["at", "id"], name="history_newest"),
            models.Index(fields=["table_name", "row_key", "at", "id"], name="history_of_row"),
            models.Index(fields=["table_name", "at", "id"], name="history_of_table"),
            models.Index(fields=["door", "at", "id"], name="history_by_door"),
            models.Index(fields=["user_id", "at", "id"], condition=Q(user_id__isnull=False), name="history_by_user"),
            models.Index(
                fields=["officer_id", "at", "id"], condition=Q(officer_id__isnull=False), name="history_by_officer"
            ),
            models.Index(fields=["request_id", "at", "id"], condition=~Q(request_id=""), name="history_of_request"),
        ]

    def __str__(self) -> str:
        return gettext("change %(number)s") % {"number": self.pk}
