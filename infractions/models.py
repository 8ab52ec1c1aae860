"""Vehicles and their owners, officers, and the infractions that officers record."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.api.fields import EARLIEST, TIME_RANGE
from common.models import Voidable, VoidableQuerySet
from common.search import filter_by_search_index, search_index
from common.text import text_digest, unique_text
from infractions.plates import IS_PLATE, MAX_PLATE_LENGTH, PLATE_FORM, PlateKey, PlateShape

EMAIL_EXISTS = _("A person with this email address already exists.")
PLATE_EXISTS = _("A vehicle with this license plate already exists.")
BADGE_EXISTS = _("An officer with this badge number already exists.")
USER_IS_OFFICER = _("This user is already an officer.")
TIME_IN_FUTURE = _("The time is more than 2 minutes in the future.")
MAX_COMMENTS_LENGTH = 10_000  # characters
MAX_CLOCK_SKEW = timedelta(minutes=2)  # how fast the clock of an officer's device may be


def timestamp_error(timestamp: datetime, *, at: datetime) -> str | None:
    """Returns why an infraction cannot have that time: it is before 1900, or in the future. None if it can."""
    if timestamp < EARLIEST:
        return str(TIME_RANGE)
    return str(TIME_IN_FUTURE) if timestamp > at + MAX_CLOCK_SKEW else None


class PersonQuerySet(models.QuerySet["Person"]):
    def search(self, text: str) -> "PersonQuerySet":
        """Returns the persons whose name or email address has, for each word, a word that begins with it."""
        return filter_by_search_index(self, text, "name", "email")

    def by_email(self, email: str) -> "PersonQuerySet":
        """Returns the person with an email address, regardless of case, Unicode form and width."""
        return self.alias(digest=unique_text("email")).filter(digest=text_digest(email))


class Person(models.Model):
    """Someone who owns or owned a vehicle, with or without an account."""

    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("email address"))

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("persons")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                unique_text("email"), name="person_email_unique_text", violation_error_message=EMAIL_EXISTS
            )
        ]
        indexes = [search_index("name", "email", name="person_words")]

    def __str__(self) -> str:
        return self.name


class VehicleQuerySet(models.QuerySet["Vehicle"]):
    def by_plate(self, license_plate: str) -> "VehicleQuerySet":
        """Returns the vehicle with a license plate, however it is written."""
        return self.filter(plate_key=PlateKey(Value(license_plate)))

    def with_plate_like(self, license_plate: str) -> "VehicleQuerySet":
        """Returns the vehicles with a license plate in which the letters O and I may be the digits 0 and 1."""
        shape = PlateShape(PlateKey(Value(license_plate)))
        return self.alias(shape=PlateShape("plate_key")).filter(shape=shape)

    def search(self, text: str) -> "VehicleQuerySet":
        """Returns the vehicles whose plate begins with the text, or whose owner has the text as email address.

        A text of separators only matches no vehicle.
        """
        if "@" in text:  # no plate contains one
            return self.filter(owner=Person.objects.by_email(text.strip()).values("pk")[:1])
        key = PlateKey(Value(text))
        return self.filter(GreaterThan(key, Value("")), plate_key__startswith=key)

    def owner_ids_at(self, time: datetime) -> "models.QuerySet[Vehicle, int]":
        """Returns the id of each vehicle's owner at a time. The first owner counts from the beginning of time."""
        later = OwnerChange.objects.filter(vehicle=OuterRef("pk"), at__gt=time).order_by("at")
        former = Subquery(later.values("former_owner")[:1])
        owner_id = Coalesce(former, F("owner"), output_field=models.BigIntegerField())
        return self.values_list(owner_id, flat=True)


class Vehicle(models.Model):
    """A vehicle and its current owner.

    `license_plate` is the plate as it was written, `plate_key` its normal form (see `plates`), which is unique.
    """

    license_plate = models.CharField(_("license plate"), max_length=MAX_PLATE_LENGTH)
    brand = models.CharField(_("brand"), max_length=100)
    color = models.CharField(_("color"), max_length=50)
    # The index vehicle_by_owner begins with the owner.
    owner = models.ForeignKey(
        Person, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="vehicles", db_index=False
    )
    plate_key = models.GeneratedField(
        expression=PlateKey(F("license_plate")), output_field=models.TextField(), db_persist=True
    )

    objects = VehicleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("vehicle"), _("vehicles")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plate_key"], name="plate_unique_key", violation_error_message=PLATE_EXISTS
            ),
            models.CheckConstraint(condition=IS_PLATE, name="plate_form_key", violation_error_message=PLATE_FORM),
        ]
        indexes = [
            models.Index(fields=["owner", "id"], name="vehicle_by_owner"),
            models.Index(PlateShape("plate_key"), name="vehicle_by_plate_shape"),
        ]

    def __str__(self) -> str:
        return self.license_plate


class OwnerChange(models.Model):
    """The sale of a vehicle: the new owner has it from `at` on. Never changed or deleted."""

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
        """Returns the officers whose name or badge number has, for each word, a word that begins with it."""
        return filter_by_search_index(self, text, "name", "badge_number")

    def by_badge(self, badge_number: str) -> "OfficerQuerySet":
        """Returns the officer with a badge number, regardless of case, Unicode form, width and kind of space."""
        return self.alias(digest=unique_text("badge_number")).filter(digest=text_digest(badge_number))


class Officer(models.Model):
    """Someone who records infractions, with a token or with the linked account.

    Only the SHA-256 of the token is stored, so that someone who reads the database cannot use it.
    """

    name = models.CharField(_("name"), max_length=200)
    badge_number = models.CharField(_("badge number"), max_length=50)
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


class InfractionQuerySet(VoidableQuerySet["Infraction"]):
    def search(self, text: str) -> "InfractionQuerySet":
        """Returns the infractions of a plate, of an officer's badge number, or of an owner's email address."""
        text = text.strip()
        found: dict[str, models.QuerySet[Any]] = {
            "vehicle__in": Vehicle.objects.by_plate(text),
            "owner__in": Person.objects.by_email(text),
            "officer__in": Officer.objects.by_badge(text),
        }
        # The ids are read first: an OR over joined tables would read all infractions.
        ids = {name: list(rows.values_list("pk", flat=True)) for name, rows in found.items()}
        return self.filter(Q(*ids.items(), _connector=Q.OR))

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
    comments = models.TextField(_("comments"), max_length=MAX_COMMENTS_LENGTH)

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
