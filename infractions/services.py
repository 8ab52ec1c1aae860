"""Whatever writes persons, vehicles, officers and infractions.

A change of owner and a new infraction of the same vehicle wait for each other at the vehicle's row. FOR NO KEY UPDATE
is enough for that, and lets pass what only refers to the vehicle.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, PermissionDenied

from accounts.models import User
from common.exceptions import Conflict, violated_constraint
from infractions.models import (
    BADGE_TAKEN,
    EMAIL_TAKEN,
    PLATE_TAKEN,
    USER_TAKEN,
    Infraction,
    Officer,
    OwnerChange,
    Person,
    Vehicle,
    time_refusal,
)
from infractions.plates import PLATE_FORM
from infractions.tokens import token_hash, token_new

NO_VEHICLE = _("No vehicle has this license plate.")
OFFICER_GONE = _("This officer is gone.")
PERSON_GONE = _("This person is gone.")
USER_GONE = _("This user is gone.")
MOMENT = timedelta(microseconds=1)

# What a constraint refuses, by the beginning of its name.
REFUSALS = {
    "person_email_unique": {"email": EMAIL_TAKEN},
    "plate_unique": {"license_plate": PLATE_TAKEN},
    "plate_form": {"license_plate": PLATE_FORM},
    "infractions_vehicle_owner_id": {"owner": PERSON_GONE},
    "infractions_ownercha_new_owner_id": {"owner": PERSON_GONE},
    "infractions_officer_badge_number": {"badge_number": BADGE_TAKEN},
    "infractions_officer_user_id_key": {"user": USER_TAKEN},
    "infractions_officer_user_id": {"user": USER_GONE},
}

Row = TypeVar("Row", Person, Vehicle, Officer)


@contextmanager
def refusals() -> Iterator[None]:
    """Around a transaction: what a constraint refused as the ValidationError that a look before would have given."""
    try:
        yield
    except IntegrityError as error:
        name = violated_constraint(error)
        for beginning, errors in REFUSALS.items():
            if name.startswith(beginning):
                raise ValidationError(errors) from error
        raise


def row_save(row: Row, fields: dict[str, Any]) -> Row:
    """Inserts a row, or writes what was given alone. Raises Http404 when the row is gone."""
    for name, value in fields.items():
        setattr(row, name, value)
    with refusals(), transaction.atomic():
        if row.pk is None:
            row.save()
        elif fields and not type(row)._default_manager.filter(pk=row.pk).update(**fields):
            raise Http404
    return row


@transaction.atomic
def row_delete(*, row: Person | Vehicle | Officer) -> None:
    """Deletes a person, vehicle or officer that nothing refers to; ProtectedError names what holds any other.

    The lock comes before the look, so that nothing comes to refer to it in between. Raises Http404 when it is gone.
    """
    locked = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    if locked is None:
        raise Http404
    locked.delete()


def person_create(**fields: Any) -> Person:
    """A new person of `name` and `email`. Raises ValidationError on `email` when somebody has it."""
    return row_save(Person(), fields)


def person_update(*, person: Person, **changes: Any) -> Person:
    """Changes name or e-mail address. Raises ValidationError on `email` when somebody has it."""
    return row_save(person, changes)


def vehicle_create(**fields: Any) -> Vehicle:
    """A new vehicle of `license_plate`, `brand`, `color` and `owner`, who counts as its owner from the beginning.

    Raises ValidationError on `license_plate` when a vehicle has it, and on `owner` who is just being deleted.
    """
    return row_save(Vehicle(), fields)


def vehicle_update(*, vehicle: Vehicle, by: User | None, at: datetime, **changes: Any) -> Vehicle:
    """Changes a vehicle; a change of `owner` is kept with its time. Raises as `vehicle_create`, and Http404."""
    with refusals(), transaction.atomic():
        locked = Vehicle.objects.select_for_update(no_key=True).filter(pk=vehicle.pk).first()
        if locked is None:
            raise Http404
        if "owner" in changes and changes["owner"].pk != locked.owner_id:
            owner_change_keep(locked, changes["owner"], by, at)
        return row_save(locked, changes)


def owner_change_keep(vehicle: Vehicle, new_owner: Person, by: User | None, at: datetime) -> None:
    """At `at`, or just after what has been kept of the vehicle so far: a request that began earlier may come later,
    the clock of an officer may be fast, and neither the order of changes nor the owner of an infraction is then untrue.
    """
    kept = (
        vehicle.owner_changes.aggregate(last=Max("at"))["last"],
        vehicle.infractions.aggregate(last=Max("timestamp"))["last"],
    )
    at = max([at, *(last + MOMENT for last in kept if last is not None)])
    OwnerChange.objects.create(vehicle=vehicle, former_owner_id=vehicle.owner_id, new_owner=new_owner, at=at, by=by)


def officer_create(**fields: Any) -> tuple[Officer, str]:
    """A new officer of `name`, `badge_number` and `user`, and the token, which nobody can read later.

    Raises ValidationError on `badge_number` and `user`, whichever is taken.
    """
    token = token_new()
    return officer_save(Officer(token_hash=token_hash(token)), fields), token


def officer_update(*, officer: Officer, **changes: Any) -> Officer:
    """Changes an officer. Raises as `officer_create`, and Http404 when the officer is gone."""
    return officer_save(officer, changes)


def officer_save(officer: Officer, fields: dict[str, Any]) -> Officer:
    try:
        return row_save(officer, fields)
    except ValidationError as error:  # PostgreSQL stops at the first constraint
        raise ValidationError({**error.error_dict, **officer_taken(officer, fields)}) from error


def officer_taken(officer: Officer, fields: dict[str, Any]) -> dict[str, Any]:
    """Which of the values that no two officers share another one has."""
    errors: dict[str, Any]
    errors, others = {"badge_number": BADGE_TAKEN, "user": USER_TAKEN}, Officer.objects.exclude(pk=officer.pk)
    given = {name: fields[name] for name in errors if fields.get(name) is not None}
    return {name: errors[name] for name, value in given.items() if others.filter(**{name: value}).exists()}


def infraction_record(
    *, plate: str, comments: str, timestamp: datetime | None, officer: Officer, at: datetime
) -> Infraction:
    """Records what an officer saw, at `timestamp` or now, for whoever owned the vehicle then.

    Raises NotFound for a plate that no vehicle has, ValidationError on a `timestamp` out of its range, and
    PermissionDenied for an officer who is just being deleted.
    """
    timestamp = timestamp or at
    if refusal := time_refusal(timestamp, at=at):
        raise ValidationError({"timestamp": refusal})
    try:
        with transaction.atomic():
            vehicle, owner_id = vehicle_seen(plate, timestamp)
            return Infraction.objects.create(
                vehicle=vehicle, owner_id=owner_id, officer=officer, timestamp=timestamp, recorded=at, comments=comments
            )
    except IntegrityError as error:
        if violated_constraint(error).startswith("infractions_infracti_officer_id"):
            raise PermissionDenied(OFFICER_GONE) from error
        raise


def vehicle_seen(plate: str, timestamp: datetime) -> tuple[Vehicle, int]:
    """The vehicle of a plate, locked against a change of owner, and the id of whoever owned it at a time."""
    vehicle = Vehicle.objects.by_plate(plate).select_for_update(no_key=True).first()
    if vehicle is None:
        raise NotFound(NO_VEHICLE)
    # Not in the statement that takes the lock: having waited, it would know the new owner, but not of the change.
    return vehicle, Vehicle.objects.with_owner_at(timestamp).only("pk").get(pk=vehicle.pk).owner_then


def infraction_void(*, infraction: Infraction, reason: str, by: User, at: datetime) -> Infraction:
    """Voids an infraction, which then no longer counts. Raises Conflict if it is void already."""
    if not Infraction.objects.mark_void(infraction, reason=reason, by=by, at=at):
        raise Conflict(_("This infraction is void already."))
    return infraction
