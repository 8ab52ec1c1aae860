"""Officers, and the infractions that they record."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Least, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.api.fields import EARLIEST, TIME_RANGE, is_readable
from common.fields import LineField, LongTextField
from common.models import Voidable, VoidableQuerySet
from common.search import filter_by_search_index, first_ids, search_index
from common.text import text_digest, unique_text
from infractions.models.vehicles import OwnerChange, Person, Vehicle

BADGE_EXISTS = _("An officer with this badge number already exists.")
USER_IS_OFFICER = _("This user is already an officer.")
TIME_IN_FUTURE = _("The time is more than 2 minutes in the future.")
MAX_COMMENTS_LENGTH = 10_000  # characters
MAX_CLOCK_SKEW = timedelta(minutes=2)  # how fast the clock of an officer's device may be
# When an infraction was committed: not later than it was recorded, even if the clock of the officer's device was fast.
COMMITTED = Least("timestamp", "recorded")


def timestamp_error(timestamp: datetime, *, at: datetime) -> str | None:
    """Returns why an infraction cannot have that time: it is before 1900, or in the future. None if it can."""
    if timestamp < EARLIEST:
        return str(TIME_RANGE)
    return str(TIME_IN_FUTURE) if timestamp > at + MAX_CLOCK_SKEW else None


class OfficerQuerySet(models.QuerySet["Officer"]):
    def with_token(self) -> "OfficerQuerySet":
        return self.filter(token_hash__isnull=False)

    def without_token(self) -> "OfficerQuerySet":
        return self.filter(token_hash__isnull=True)

    def search(self, text: str) -> "OfficerQuerySet":
        """Returns the officers whose name or badge number has, for each word, a word that begins with it."""
        return filter_by_search_index(self, text, "name", "badge_number")

    def by_badge(self, badge_number: str) -> "OfficerQuerySet":
        """Returns the officer with a badge number, regardless of case, Unicode form, width and kind of space."""
        return self.alias(digest=unique_text("badge_number")).filter(digest=text_digest(badge_number))


class Officer(models.Model):
    """Someone who records infractions, with a token or with the linked account.

    Only the SHA-256 of the token is stored, so that someone who reads the database cannot use it.
    """

    gives_rights: ClassVar[bool] = True  # so that only superusers change the linked account (see `User.has_rights`)

    name = LineField(_("name"), max_length=200)
    badge_number = LineField(_("badge number"), max_length=50, unique=True, error_messages={"unique": BADGE_EXISTS})
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        related_name="officer",
        null=True,
        blank=True,
        error_messages={"unique": USER_IS_OFFICER},
    )
    token_hash = models.CharField(_("token"), max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001  null: no token
    token_used = models.DateTimeField(_("token last used"), null=True, blank=True, editable=False)
    token_expires = models.DateTimeField(
        _("token expires"), null=True, blank=True, help_text=_("Leave this empty for a token that does not expire.")
    )

    objects = OfficerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("officer"), _("officers")
        ordering = ["-id"]
        # Not `unique=True`, which would add a second index, for LIKE.
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="officer_token_unique"),
            models.UniqueConstraint(
                unique_text("badge_number"),
                name="infractions_officer_badge_number_text",
                violation_error_message=BADGE_EXISTS,
            ),
        ]
        indexes = [search_index("name", "badge_number", name="officer_words")]

    def __str__(self) -> str:
        return f"{self.name} ({self.badge_number})"

    def clean(self) -> None:
        """Refuses a time that could not be read again."""
        if self.token_expires and not is_readable(self.token_expires):
            raise ValidationError({"token_expires": TIME_RANGE})


class InfractionQuerySet(VoidableQuerySet["Infraction"]):
    def search(self, text: str) -> "InfractionQuerySet":
        """Returns the infractions of a plate, and of the officers and owners whom the text finds."""
        found: dict[str, models.QuerySet[Any]] = {
            "vehicle__in": Vehicle.objects.by_plate(text),
            "owner__in": Person.objects.search(text),
            "officer__in": Officer.objects.search(text),
        }
        # The ids are read first: an OR over joined tables would read all infractions.
        ids = {name: first_ids(rows) for name, rows in found.items()}
        return self.filter(Q(*ids.items(), _connector=Q.OR))

    def of_owner_since(self, vehicle_id: int, owner_id: int, time: datetime) -> "InfractionQuerySet":
        """Returns the infractions with a vehicle since a time whose kept owner is the given one."""
        since = self.alias(committed=COMMITTED).filter(timestamp__gte=time, committed__gte=time)
        return since.filter(vehicle=vehicle_id, owner=owner_id)

    def owned_by(self, user: User) -> "InfractionQuerySet":
        """Returns the infractions whose kept owner has the user's email address, if the user has confirmed it."""
        return self.filter(owner__in=Person.objects.of_user(user))

    def with_objection(self) -> "InfractionQuerySet":
        """Returns the infractions that stay with their owner, who has objected."""
        return self.filter(objection__isnull=False)

    def without_objection(self) -> "InfractionQuerySet":
        return self.exclude(pk__in=Infraction.objects.with_objection().values("pk"))

    def visible_to(self, user: User | AnonymousUser, officer: Officer | None) -> "InfractionQuerySet":
        """Returns all infractions for staff of the traffic office, else those that the officer recorded."""
        if user.has_perm("infractions.view_infraction"):
            return self
        return self.none() if officer is None else self.filter(officer=officer)


class Infraction(Voidable):
    """An offense with a vehicle, as an officer recorded it, with the person who owned the vehicle at the time."""

    vehicle = models.ForeignKey(
        Vehicle, verbose_name=_("vehicle"), on_delete=models.PROTECT, related_name="infractions", db_index=False
    )
    owner = models.ForeignKey(Person, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="infractions")
    officer = models.ForeignKey(
        Officer, verbose_name=_("officer"), on_delete=models.PROTECT, related_name="infractions", db_index=False
    )
    timestamp = models.DateTimeField(_("committed"))
    recorded = models.DateTimeField(_("recorded"))
    comments = LongTextField(_("comments"), max_length=MAX_COMMENTS_LENGTH)

    objects = InfractionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("infraction"), _("infractions")
        ordering = ["-timestamp", "-id"]
        constraints = [
            *Voidable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(timestamp__gte=EARLIEST, timestamp__lte=F("recorded") + MAX_CLOCK_SKEW),
                name="infraction_in_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(comments="") & Q(LessThanOrEqual(Length("comments"), MAX_COMMENTS_LENGTH)),
                name="infraction_comments",
            ),
        ]
        indexes = [
            models.Index(fields=["timestamp", "id"], name="infraction_newest"),
            models.Index(fields=["vehicle", "timestamp", "id"], name="infraction_by_vehicle"),
            models.Index(fields=["officer", "timestamp", "id"], name="infraction_by_officer"),
            models.Index(fields=["owner", "timestamp", "id"], name="infraction_by_owner"),
            models.Index(fields=["timestamp", "id"], condition=Q(date_voided__isnull=False), name="infraction_void"),
        ]

    def __str__(self) -> str:
        return gettext("infraction %(number)s") % {"number": self.pk}

    @property
    def filed_objection(self) -> Any:
        """The objection to the infraction, or None."""
        return getattr(self, "objection", None)


class InfractionMove(models.Model):
    """The record that an infraction went from the seller to the buyer, because a sale was entered after it.

    Never changed or deleted.
    """

    # The unique constraint has an index that begins with the infraction.
    infraction = models.ForeignKey(
        Infraction, verbose_name=_("infraction"), on_delete=models.PROTECT, related_name="moves", db_index=False
    )
    owner_change = models.ForeignKey(
        OwnerChange, verbose_name=_("change of owner"), on_delete=models.PROTECT, related_name="moves"
    )
    former_owner = models.ForeignKey(Person, verbose_name=_("former owner"), on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("moved"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("move of an infraction"), _("moves of infractions")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["infraction", "owner_change"], name="infraction_move_once_per_sale")
        ]

    def __str__(self) -> str:
        return gettext("move of infraction %(number)s") % {"number": self.infraction_id}
