"""Vehicles and their owners, officers, and what the officers recorded."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Length, Lower
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.api.fields import EARLIEST, TIME_RANGE
from common.models import Voidable, VoidableQuerySet
from common.search import search_index, searched
from infractions.plates import IS_PLATE, PLATE_FORM, PLATE_LENGTH, NormalPlate

EMAIL_TAKEN = _("A person with this e-mail address already exists.")
PLATE_TAKEN = _("A vehicle with this license plate already exists.")
BADGE_TAKEN = _("An officer with this badge number already exists.")
USER_TAKEN = _("This user is an officer already.")
LIES_AHEAD = _("The time lies more than 2 minutes ahead.")
MAX_COMMENTS = 10_000  # characters
AHEAD = timedelta(minutes=2)  # what the clocks of officers may be fast


def time_refusal(timestamp: datetime, *, at: datetime) -> str | None:
    """Why nothing can have happened at that time, if so: too early, or further ahead than clocks differ."""
    if timestamp < EARLIEST:
        return str(TIME_RANGE)
    return str(LIES_AHEAD) if timestamp > at + AHEAD else None


class PersonQuerySet(models.QuerySet["Person"]):
    def search(self, text: str) -> "PersonQuerySet":
        """Persons with, for every word given, a word in name or e-mail address that begins with it."""
        return searched(self, text, "name", "email")

    def by_email(self, email: str) -> "PersonQuerySet":
        """The person of an address, whatever its case."""
        return self.alias(lowered=Lower("email")).filter(lowered=Lower(Value(email)))


class Person(models.Model):
    """Somebody who owns a vehicle, or owned one; no account is needed."""

    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail address"))

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("persons")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_unique", violation_error_message=EMAIL_TAKEN)
        ]
        indexes = [search_index("name", "email", name="person_search")]

    def __str__(self) -> str:
        return self.name


class VehicleQuerySet(models.QuerySet["Vehicle"]):
    def by_plate(self, license_plate: str) -> "VehicleQuerySet":
        """The vehicle of a plate in whatever form."""
        return self.filter(plate=NormalPlate(Value(license_plate)))

    def search(self, text: str) -> "VehicleQuerySet":
        """Returns the vehicles whose plate begins with the text, or whose owner has it as e-mail address."""
        if "@" in text:  # which no plate contains
            return self.filter(owner__in=Person.objects.by_email(text.strip()))
        return self.filter(plate__startswith=NormalPlate(Value(text)))

    def with_owner_at(self, time: datetime) -> "VehicleQuerySet":
        """Each with `owner_then`, the id of whoever owned it at a time; the first owner counts from the beginning."""
        later = OwnerChange.objects.filter(vehicle=OuterRef("pk"), at__gt=time).order_by("at")
        former = Subquery(later.values("former_owner")[:1])
        return self.annotate(owner_then=Coalesce(former, F("owner"), output_field=models.BigIntegerField()))


class Vehicle(models.Model):
    """A vehicle and its present owner; `plate` is what makes two license plates the same."""

    license_plate = models.CharField(_("license plate"), max_length=PLATE_LENGTH)
    brand = models.CharField(_("brand"), max_length=100)
    color = models.CharField(_("color"), max_length=50)
    # vehicle_by_owner begins with it
    owner = models.ForeignKey(
        Person, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="vehicles", db_index=False
    )
    plate = models.GeneratedField(
        expression=NormalPlate(F("license_plate")), output_field=models.TextField(), db_persist=True
    )
    owner_then: int  # there after `with_owner_at`

    objects = VehicleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("vehicle"), _("vehicles")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["plate"], name="plate_unique", violation_error_message=PLATE_TAKEN),
            models.CheckConstraint(condition=IS_PLATE, name="plate_form", violation_error_message=PLATE_FORM),
        ]
        indexes = [models.Index(fields=["owner", "id"], name="vehicle_by_owner")]

    def __str__(self) -> str:
        return self.license_plate


class OwnerChange(models.Model):
    """A vehicle passed from one owner to the next: from `at` on it is the new owner's. History, never changed."""

    vehicle = models.ForeignKey(
        Vehicle, verbose_name=_("vehicle"), on_delete=models.PROTECT, related_name="owner_changes", db_index=False
    )
    former_owner = models.ForeignKey(Person, verbose_name=_("former owner"), on_delete=models.PROTECT, related_name="+")
    new_owner = models.ForeignKey(Person, verbose_name=_("new owner"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name, verbose_name_plural = _("change of owner"), _("changes of owner")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["vehicle", "at"], name="owner_change_by_vehicle"),
            models.CheckConstraint(condition=~Q(former_owner=F("new_owner")), name="owner_change_is_one"),
        ]

    def __str__(self) -> str:
        return gettext("change of owner %(number)s") % {"number": self.pk}


class OfficerQuerySet(models.QuerySet["Officer"]):
    def with_token(self) -> "OfficerQuerySet":
        return self.filter(token_hash__isnull=False)

    def without_token(self) -> "OfficerQuerySet":
        return self.filter(token_hash__isnull=True)

    def search(self, text: str) -> "OfficerQuerySet":
        """Officers with, for every word given, a word in name or badge number that begins with it."""
        return searched(self, text, "name", "badge_number")


class Officer(models.Model):
    """Who records infractions, by a token of their own, or by the account that is linked.

    Of the token its SHA-256 alone is kept: who reads the database cannot use it.
    """

    name = models.CharField(_("name"), max_length=200)
    badge_number = models.CharField(
        _("badge number"), max_length=50, unique=True, error_messages={"unique": BADGE_TAKEN}
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        related_name="officer",
        null=True,
        blank=True,
        error_messages={"unique": USER_TAKEN},
    )
    token_hash = models.CharField(_("token"), max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001  null: no token
    token_used = models.DateTimeField(_("token last used"), null=True, blank=True, editable=False)

    objects = OfficerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("officer"), _("officers")
        ordering = ["-id"]
        # Not `unique=True`, which would add an index for LIKE.
        constraints = [models.UniqueConstraint(fields=["token_hash"], name="officer_token_unique")]
        indexes = [search_index("name", "badge_number", name="officer_search")]

    def __str__(self) -> str:
        return f"{self.name} ({self.badge_number})"


class InfractionQuerySet(VoidableQuerySet["Infraction"]):
    def search(self, text: str) -> "InfractionQuerySet":
        """Returns the infractions of a plate, of an officer's badge number, or of an owner's e-mail address."""
        text = text.strip()
        found: dict[str, models.QuerySet[Any]] = {
            "vehicle__in": Vehicle.objects.by_plate(text),
            "owner__in": Person.objects.by_email(text),
            "officer__in": Officer.objects.filter(badge_number=text),
        }
        # The ids are read first: an OR over joined tables would read all infractions.
        ids = {name: list(rows.values_list("pk", flat=True)) for name, rows in found.items()}
        return self.filter(Q(*ids.items(), _connector=Q.OR))

    def visible_to(self, user: User | AnonymousUser, officer: Officer | None) -> "InfractionQuerySet":
        """All for staff of the traffic office, otherwise those that the officer recorded."""
        if user.has_perm("infractions.view_infraction"):
            return self
        return self.none() if officer is None else self.filter(officer=officer)


class Infraction(Voidable):
    """What an officer saw a vehicle do, with the owner of then; voided with a reason, never changed or deleted."""

    vehicle = models.ForeignKey(
        Vehicle, verbose_name=_("vehicle"), on_delete=models.PROTECT, related_name="infractions", db_index=False
    )
    owner = models.ForeignKey(Person, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="infractions")
    officer = models.ForeignKey(
        Officer, verbose_name=_("officer"), on_delete=models.PROTECT, related_name="infractions", db_index=False
    )
    timestamp = models.DateTimeField(_("committed"))
    recorded = models.DateTimeField(_("recorded"))
    comments = models.TextField(_("comments"), max_length=MAX_COMMENTS)

    objects = InfractionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("infraction"), _("infractions")
        ordering = ["-timestamp", "-id"]
        constraints = [
            *Voidable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(timestamp__gte=EARLIEST, timestamp__lte=F("recorded") + AHEAD),
                name="infraction_in_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(comments="") & Q(LessThanOrEqual(Length("comments"), MAX_COMMENTS)),
                name="infraction_comments",
            ),
        ]
        indexes = [
            models.Index(fields=["timestamp", "id"], name="infraction_newest"),
            models.Index(fields=["vehicle", "timestamp", "id"], name="infraction_by_vehicle"),
            models.Index(fields=["officer", "timestamp", "id"], name="infraction_by_officer"),
            models.Index(
                fields=["owner", "timestamp", "id"], condition=Q(date_voided__isnull=True), name="infraction_valid"
            ),
            models.Index(fields=["timestamp", "id"], condition=Q(date_voided__isnull=False), name="infraction_void"),
        ]

    def __str__(self) -> str:
        return gettext("infraction %(number)s") % {"number": self.pk}
