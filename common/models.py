"""The base class of records that are voided, and the table of the throttles."""

from datetime import datetime
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

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
    void_reason = models.CharField(_("reason"), max_length=MAX_REASON_LENGTH, blank=True)

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
