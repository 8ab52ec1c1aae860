"""Persons, vehicles and their sales."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.fields import EmailLineField, LineField
from common.queries import value_or_parameter
from common.search import filter_by_search_index, search_index
from common.text import text_digest, unique_text
from infractions.plates import IS_PLATE, MAX_PLATE_LENGTH, PLATE_FORM, PlateKey, PlateShape

EMAIL_EXISTS = _("A person with this email address already exists.")
PLATE_EXISTS = _("A vehicle with this license plate already exists.")


class PersonQuerySet(models.QuerySet["Person"]):
    def search(self, text: str) -> "PersonQuerySet":
        """Returns the persons whose name or email address has, for each word, a word that begins with it."""
        return filter_by_search_index(self, text, "name", "email")

    def by_email(self, email: str) -> "PersonQuerySet":
        """Returns the person with an email address, regardless of case.

        Width is not disregarded: a person who confirmed the address reads the report, so the mailbox must be the same.
        """
        return self.alias(lowered=Lower("email")).filter(lowered=Lower(Value(email)))

    def of_user(self, user: User) -> "PersonQuerySet":
        """Returns the person with the email address of an account, if the account has confirmed it."""
        return self.by_email(user.email) if user.has_verified_email() else self.none()

    def with_email_like(self, email: str) -> "PersonQuerySet":
        """Returns the person with an email address that looks the same to a reader."""
        return self.alias(digest=unique_text("email")).filter(digest=text_digest(email))


class Person(models.Model):
    """Someone who owns or owned a vehicle, with or without an account."""

    name = LineField(_("name"), max_length=200)
    email = EmailLineField(_("email address"))

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("persons")
        ordering = ["-id"]
        constraints = [
            # Its index finds persons by email address.
            models.UniqueConstraint(Lower("email"), name="person_email_unique", violation_error_message=EMAIL_EXISTS),
            models.UniqueConstraint(
                unique_text("email"), name="person_email_unique_text", violation_error_message=EMAIL_EXISTS
            ),
        ]
        indexes = [search_index("name", "email", name="person_words")]

    def __str__(self) -> str:
        return self.name


class VehicleQuerySet(models.QuerySet["Vehicle"]):
    def by_plate(self, license_plate: str) -> "VehicleQuerySet":
        """Returns the vehicle with a license plate, however it is written."""
        return self.filter(plate_key=PlateKey(value_or_parameter(license_plate, models.TextField())))

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

    def with_owners(self) -> "VehicleQuerySet":
        """Returns the vehicles with what `owner_periods` needs, in one query for the sales of all of them."""
        changes = OwnerChange.objects.select_related("former_owner", "new_owner")
        return self.prefetch_related("owner", models.Prefetch("owner_changes", changes))

    def ever_owned_by(self, person: Person) -> "VehicleQuerySet":
        """Returns the vehicles that a person owns or owned."""
        changes = OwnerChange.objects.filter(Q(former_owner=person) | Q(new_owner=person))
        return self.filter(Q(owner=person) | Q(pk__in=changes.values("vehicle")))

    def with_owner_at(self, time: datetime) -> "VehicleQuerySet":
        """Adds `owner_id_then`, the owner at a time. The first owner counts from the beginning of time."""
        later = OwnerChange.objects.filter(vehicle=OuterRef("pk"), at__gt=time).order_by("at")
        former = Subquery(later.values("former_owner")[:1])
        owner_id = Coalesce(former, F("owner"), output_field=models.BigIntegerField())
        # As a keyword, the type checker would take it for a second declaration of Vehicle.owner_id_then.
        facts = {"owner_id_then": owner_id}
        return self.annotate(**facts)


@dataclass(frozen=True)
class OwnerPeriod:
    """The time in which a person owned a vehicle. The first owner has no `since`, the present one no `until`."""

    person: Person
    since: datetime | None
    until: datetime | None


class Vehicle(models.Model):
    """A vehicle and its current owner.

    `license_plate` is the plate as it was written, `plate_key` its normal form (see `plates`), which is unique.
    """

    owner_id_then: int  # set by `with_owner_at`

    license_plate = LineField(_("license plate"), max_length=MAX_PLATE_LENGTH)
    brand = LineField(_("brand"), max_length=100)
    color = LineField(_("color"), max_length=50)
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

    @property
    def owner_since(self) -> datetime | None:
        """The time of the last change of owner; None if the vehicle was never sold."""
        changes = self.owner_changes.all()
        return changes[0].at if changes else None

    @property
    def owner_periods(self) -> list[OwnerPeriod]:
        """All owners, the present one first."""
        changes = list(self.owner_changes.all())
        ends = [None, *(change.at for change in changes)]
        periods = [OwnerPeriod(change.new_owner, change.at, ends[number]) for number, change in enumerate(changes)]
        first = changes[-1].former_owner if changes else self.owner
        return [*periods, OwnerPeriod(first, None, ends[-1])]


class OwnerChange(models.Model):
    """The sale of a vehicle: the new owner has it since `at`. Never changed or deleted."""

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
