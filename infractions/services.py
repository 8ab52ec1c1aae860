"""Services that create, change and delete persons, vehicles and officers, and record and void infractions.

A sale of a vehicle and a new infraction lock the vehicle's row, so that each infraction gets the owner at its time.
The lock is FOR NO KEY UPDATE, which does not block inserts that refer to the vehicle.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, PermissionDenied

from accounts.models import User
from common.exceptions import Conflict, violated_constraint
from common.statements import compiled, insert
from infractions.models import (
    BADGE_EXISTS,
    EMAIL_EXISTS,
    PLATE_EXISTS,
    USER_IS_OFFICER,
    Infraction,
    Objection,
    Officer,
    Person,
    Vehicle,
    timestamp_error,
)
from infractions.plates import PLATE_FORM
from infractions.sales import SAME_OWNER, infractions_move, owner_change_create
from infractions.tokens import log_token_change, token_hash, token_new

NO_VEHICLE = _("No vehicle has this license plate.")
CONFUSED = _("Did you confuse O and 0, or I and 1? There is %(plates)s.")
MAX_CONFUSED = 3  # plates in that message
OFFICER_DELETED = _("This officer has been deleted.")
PERSON_DELETED = _("This person has been deleted.")
USER_DELETED = _("This user has been deleted.")

# The error for each constraint, by the beginning of the constraint's name
CONSTRAINT_ERRORS = {
    "person_email_unique": {"email": EMAIL_EXISTS},
    "plate_unique": {"license_plate": PLATE_EXISTS},
    "plate_form": {"license_plate": PLATE_FORM},
    "infractions_vehicle_owner_id": {"owner": PERSON_DELETED},
    "infractions_ownercha_new_owner_id": {"owner": PERSON_DELETED},
    "infractions_officer_badge_number": {"badge_number": BADGE_EXISTS},
    "infractions_officer_user_id_key": {"user": USER_IS_OFFICER},
    "infractions_officer_user_id": {"user": USER_DELETED},
}

Row = TypeVar("Row", Person, Vehicle, Officer)


class PersonChanges(TypedDict, total=False):
    name: str
    email: str


class VehicleChanges(TypedDict, total=False):
    license_plate: str
    brand: str
    color: str
    owner: Person


class OfficerChanges(TypedDict, total=False):
    name: str
    badge_number: str
    user: User | None
    token_expires: datetime | None


@contextmanager
def constraint_errors() -> Iterator[None]:
    """Raises ValidationError for a violated constraint, with the field and text of the check that a race got past.

    Use it around the transaction, not inside it.
    """
    try:
        yield
    except IntegrityError as error:
        name = violated_constraint(error)
        for beginning, errors in CONSTRAINT_ERRORS.items():
            if name.startswith(beginning):
                raise ValidationError(errors) from error
        raise


def row_create(row: Row) -> Row:
    with constraint_errors(), transaction.atomic():
        row.save()
    return row


def row_update(row: Row, changes: Mapping[str, Any], fields: type) -> Row:
    """Writes only the changed fields. Raises TypeError for one not in `fields`, and Http404 if the row was deleted."""
    if unknown := changes.keys() - fields.__annotations__.keys():
        raise TypeError(f"Unknown fields: {', '.join(sorted(unknown))}")
    for name, value in changes.items():
        setattr(row, name, value)
    with constraint_errors(), transaction.atomic():
        if changes and not type(row)._default_manager.filter(pk=row.pk).update(**changes):
            raise Http404
    return row


@transaction.atomic
def row_delete(*, row: Person | Vehicle | Officer) -> None:
    """Deletes a person, vehicle or officer.

    Raises ProtectedError with the rows that refer to it, if there are any, and Http404 if it was deleted before. The
    row is locked before Django looks for those rows, so that none can be added in between.
    """
    locked = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    if locked is None:
        raise Http404
    if isinstance(locked, Officer) and locked.token_hash is not None:
        log_token_change("officer_token_revoked", locked, None)
    locked.delete()


def person_create(*, name: str, email: str) -> Person:
    """Creates a person. Raises ValidationError on `email` if another person has it."""
    return row_create(Person(name=name, email=email))


def person_update(*, person: Person, **changes: Unpack[PersonChanges]) -> Person:
    """Changes a person. Raises ValidationError as `person_create` does, and Http404 if the person was deleted."""
    return row_update(person, changes, PersonChanges)


def vehicle_create(*, license_plate: str, brand: str, color: str, owner: Person) -> Vehicle:
    """Creates a vehicle. The owner counts as its owner from the beginning of time.

    Raises ValidationError on `license_plate` if another vehicle has it, and on `owner` if that person is deleted
    at the same time.
    """
    return row_create(Vehicle(license_plate=license_plate, brand=brand, color=color, owner=owner))


def vehicle_update(
    *,
    vehicle: Vehicle,
    by: User | None,
    at: datetime,
    owner_since: datetime | None = None,
    move_infractions: bool = False,
    expected_infractions: int | None = None,
    **changes: Unpack[VehicleChanges],
) -> Vehicle:
    """Changes a vehicle. A new owner is recorded as an OwnerChange, since now or since `owner_since` in the past.

    A sale moves no infraction, unless `move_infractions` says so (see `sales.infractions_move`); then `by` is needed.

    Raises ValidationError as `vehicle_create` does, and on `owner_since` if it is not a time after the last change of
    owner or if the owner stays the same; Conflict if other than the expected number of infractions would move; Http404
    if the vehicle was deleted.
    """
    with constraint_errors(), transaction.atomic():
        locked = Vehicle.objects.select_for_update(no_key=True).filter(pk=vehicle.pk).first()
        if locked is None:
            raise Http404
        if "owner" in changes and changes["owner"].pk != locked.owner_id:
            owner_change_create(vehicle=locked, new_owner=changes["owner"], owner_since=owner_since, by=by, at=at)
        elif owner_since is not None and owner_since != locked.owner_since:  # equal if a request is repeated
            raise ValidationError({"owner_since": SAME_OWNER})
        row_update(locked, changes, VehicleChanges)
        if move_infractions:
            if by is None:
                raise TypeError("The record of a move names a user.")
            infractions_move(vehicle=locked, by=by, at=at, expected=expected_infractions)
        return locked


def officer_create(
    *,
    name: str,
    badge_number: str,
    user: User | None = None,
    token_expires: datetime | None = None,
    by: User | None = None,
) -> tuple[Officer, str]:
    """Creates an officer and returns it with the token, which cannot be read later.

    Raises ValidationError on `badge_number` and `user`, naming both if other officers have both.
    """
    token = token_new()
    officer = Officer(
        name=name, badge_number=badge_number, user=user, token_hash=token_hash(token), token_expires=token_expires
    )
    with all_duplicates(officer, {"badge_number": badge_number, "user": user}):
        row_create(officer)
    log_token_change("officer_token_created", officer, by)
    return officer, token


def officer_update(*, officer: Officer, **changes: Unpack[OfficerChanges]) -> Officer:
    """Changes an officer. Raises ValidationError as `officer_create` does, and Http404 if the officer was deleted."""
    with all_duplicates(officer, changes):
        return row_update(officer, changes, OfficerChanges)


@contextmanager
def all_duplicates(officer: Officer, changes: OfficerChanges) -> Iterator[None]:
    """Adds all values that other officers have to a ValidationError; PostgreSQL reports only the first."""
    try:
        yield
    except ValidationError as error:
        others, errors = Officer.objects.exclude(pk=officer.pk), error.error_dict
        if "badge_number" in changes and others.by_badge(changes["badge_number"]).exists():
            errors["badge_number"] = [ValidationError(BADGE_EXISTS)]
        if changes.get("user") is not None and others.filter(user=changes["user"]).exists():
            errors["user"] = [ValidationError(USER_IS_OFFICER)]
        raise ValidationError(dict(errors)) from error


def infraction_record(
    *, plate: str, comments: str, timestamp: datetime | None, officer: Officer, at: datetime
) -> Infraction:
    """Records an infraction at `timestamp`, or now, of the person who owned the vehicle at that time.

    If `timestamp` is ahead of `at`, because the clock of the officer's device is fast, that is the owner at `at`.

    Raises NotFound if no vehicle has the plate, ValidationError on a `timestamp` out of range, and PermissionDenied if
    the officer is deleted at the same time.
    """
    timestamp = timestamp or at
    if message := timestamp_error(timestamp, at=at):
        raise ValidationError({"timestamp": message})
    try:
        with transaction.atomic():
            found = vehicle_locked(plate=plate)
            if not found:
                raise NotFound(no_vehicle_message(plate))
            vehicle = found[0]
            # Not in the statement that takes the lock: if that had to wait for a sale, it would read the new owner,
            # but not the sale itself.
            [owned] = vehicle_with_owner_at(vehicle_id=vehicle.pk, time=min(timestamp, at))
            infraction = Infraction(vehicle=vehicle, owner_id=owned.owner_id_then, officer=officer, comments=comments)
            infraction.timestamp, infraction.recorded = timestamp, at
            Objection._meta.get_field("infraction").remote_field.set_cached_value(infraction, None)  # it is new
            return insert(infraction)
    except IntegrityError as error:
        if violated_constraint(error).startswith("infractions_infracti_officer_id"):
            raise PermissionDenied(OFFICER_DELETED) from error
        raise


@compiled
def vehicle_locked(*, plate: str) -> QuerySet[Vehicle]:
    return Vehicle.objects.by_plate(plate).order_by().select_for_update(no_key=True)


@compiled
def vehicle_with_owner_at(*, vehicle_id: int, time: datetime) -> QuerySet[Vehicle]:
    return Vehicle.objects.filter(pk=vehicle_id).order_by().with_owner_at(time).only("pk")


def no_vehicle_message(plate: str) -> str:
    """Returns what an officer is told about an unknown plate.

    No other plate is named but those that differ only in O and 0 or I and 1, which cannot be told apart on some plates.
    """
    plates = Vehicle.objects.with_plate_like(plate).values_list("license_plate", flat=True)[:MAX_CONFUSED]
    hint = CONFUSED % {"plates": ", ".join(plates)} if plates else ""
    return f"{NO_VEHICLE} {hint}".strip()


def infraction_void(*, infraction: Infraction, reason: str, by: User, at: datetime) -> Infraction:
    """Voids an infraction, which no longer counts. Raises Conflict if it is void already."""
    if not Infraction.objects.mark_void(infraction, reason=reason, by=by, at=at):
        raise Conflict(_("This infraction is already void."))
    return infraction
