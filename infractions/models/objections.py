"""Objections of owners to infractions."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import LongTextField
from common.search import first_ids
from infractions.models.infractions import Infraction
from infractions.models.vehicles import Person

MAX_OBJECTION_LENGTH = 2_000  # characters, of the text and of the answer
IS_OPEN = Q(answered_at__isnull=True)


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def open(self) -> "ObjectionQuerySet":
        """Returns the objections that the traffic office has not answered."""
        return self.filter(IS_OPEN)

    def upheld(self) -> "ObjectionQuerySet":
        return self.filter(upheld=True)

    def rejected(self) -> "ObjectionQuerySet":
        return self.filter(upheld=False)

    def of_owners(self, persons: "models.QuerySet[Person]") -> "ObjectionQuerySet":
        """Returns the objections to infractions whose kept owner is one of the persons."""
        return self.filter(infraction__in=Infraction.objects.with_objection().filter(owner__in=persons))

    def answered_since(self, time: datetime) -> "ObjectionQuerySet":
        return self.filter(answered_at__gt=time)

    def search(self, text: str) -> "ObjectionQuerySet":
        """Returns the objections to infractions that `InfractionQuerySet.search` finds."""
        return self.filter(infraction__in=first_ids(Infraction.objects.with_objection().search(text)))


class Objection(models.Model):
    """The owner's reasons why an infraction is wrong, and the answer of the traffic office. Never deleted.

    An infraction has at most one objection, and the objection at most one answer.
    """

    infraction = models.OneToOneField(
        Infraction, verbose_name=_("infraction"), on_delete=models.PROTECT, related_name="objection"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+")
    language = models.CharField(_("language"), max_length=10)  # of the mail that tells the owner the answer
    text = LongTextField(_("objection"), max_length=MAX_OBJECTION_LENGTH)
    created_at = models.DateTimeField(_("created"))
    answer = LongTextField(_("answer"), max_length=MAX_OBJECTION_LENGTH, blank=True)
    upheld = models.BooleanField(_("upheld"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("objection"), _("objections")
        ordering = ["-created_at", "-id"]
        default_permissions = ()  # who may see, change and answer infractions may do so with their objections
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="") & Q(LessThanOrEqual(Length("text"), MAX_OBJECTION_LENGTH)), name="objection_text"
            ),
            models.CheckConstraint(
                condition=Q(answer="", upheld__isnull=True, answered_at__isnull=True, answered_by__isnull=True)
                | (
                    Q(upheld__isnull=False, answered_at__isnull=False, answered_by__isnull=False)
                    & ~Q(answer="")
                    & Q(LessThanOrEqual(Length("answer"), MAX_OBJECTION_LENGTH))
                ),
                name="objection_answer_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="objection_newest"),
            models.Index(fields=["created_at", "id"], condition=IS_OPEN, name="objection_open"),
        ]

    def __str__(self) -> str:
        return gettext("objection to infraction %(number)s") % {"number": self.infraction_id}

    @property
    def is_open(self) -> bool:
        return self.answered_at is None
