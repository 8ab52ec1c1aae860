"""Services for sales of vehicles: the time of a change of owner, and infractions since a sale that was entered late.

All of them lock the vehicle's row, and then its infractions in the order of their ids.
"""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import Http404
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.api.fields import EARLIEST, TIME_RANGE
from common.exceptions import Conflict, violated_constraint
from infractions.models import (
    COMMITTED,
    Infraction,
    InfractionMove,
    InfractionQuerySet,
    OwnerChange,
    Person,
    Vehicle,
)

CLOCK_TICK = timedelta(microseconds=1)  # the resolution of a PostgreSQL timestamp
SINCE_IN_FUTURE = _("The time is in the future.")
SAME_OWNER = _("Give the time of a sale together with the new owner.")
NEVER_SOLD = _("This vehicle was never sold.")
INFRACTIONS_CHANGED = _("The infractions have changed since the preview.")


def last_change(vehicle: Vehicle) -> OwnerChange | None:
    """Returns the last change of owner, or None if the vehicle was never sold."""
    return vehicle.owner_changes.order_by("-at").first()


def owner_since_error(vehicle: Vehicle, owner_since: datetime, *, at: datetime) -> str | None:
    """Returns why a new owner cannot have the vehicle since that time: it must lie after the last change of owner."""
    if owner_since < EARLIEST:
        return str(TIME_RANGE)
    if owner_since > at:
        return str(SINCE_IN_FUTURE)
    last = last_change(vehicle)
    if last is not None and owner_since <= last.at:
        time = date_format(localtime(last.at), "DATETIME_FORMAT")
        return gettext("The time must be after the last change of owner (%(time)s).") % {"time": time}
    return None


def owner_change_create(
    *, vehicle: Vehicle, new_owner: Person, owner_since: datetime | None, by: User | None, at: datetime
) -> OwnerChange:
    """Records that a locked vehicle has a new owner since a time in the past, or since now.

    Without `owner_since`, the sale is just after the last one, or just after an infraction that was recorded meanwhile:
    a request that began earlier may get the lock later. A timestamp ahead of the server does not delay the sale: the
    clock of an officer's device may be fast.

    Raises ValidationError on `owner_since`.
    """
    if owner_since is None:
        last = last_change(vehicle)
        recorded = vehicle.infractions.filter(timestamp__gte=at).aggregate(last=Max(COMMITTED))["last"]
        earlier = (last.at if last else None, recorded)
        owner_since = max([at, *(time + CLOCK_TICK for time in earlier if time is not None)])
    elif error := owner_since_error(vehicle, owner_since, at=at):
        raise ValidationError({"owner_since": error})
    return OwnerChange.objects.create(
        vehicle=vehicle, former_owner_id=vehicle.owner_id, new_owner=new_owner, at=owner_since, by=by
    )


def infractions_sold_with(vehicle: Vehicle, owner_since: datetime | None = None) -> InfractionQuerySet:
    """Returns the infractions since a sale that the seller has: the last sale, or one that is not entered yet.

    Those of them `with_objection` stay with the seller, the others can be moved.
    """
    if owner_since is not None:
        return Infraction.objects.of_owner_since(vehicle.pk, vehicle.owner_id, owner_since)
    change = last_change(vehicle)
    return Infraction.objects.none() if change is None else infractions_of_change(change)


def move_bar(vehicle: Vehicle) -> str:
    """Returns why no infraction would move to the buyer of a vehicle, or ""."""
    if last_change(vehicle) is None:
        return str(NEVER_SOLD)
    return "" if infractions_sold_with(vehicle).without_objection().exists() else gettext("No infraction would move.")


def infractions_of_change(change: OwnerChange) -> InfractionQuerySet:
    return Infraction.objects.of_owner_since(change.vehicle_id, change.former_owner_id, change.at)


def infractions_move(*, vehicle: Vehicle, by: User, at: datetime, expected: int | None = None) -> int:
    """Moves the infractions since the last sale from the seller to the buyer, and returns their number.

    Records of each who had it. One with an objection stays. A second call moves nothing.

    Raises ValidationError if the vehicle was never sold, Conflict if the number is not the `expected` one of the
    preview, and Http404 if the vehicle was deleted.
    """
    try:
        with transaction.atomic():
            if not Vehicle.objects.select_for_update(no_key=True).filter(pk=vehicle.pk).exists():
                raise Http404
            change = last_change(vehicle)
            if change is None:
                raise ValidationError({"move_infractions": NEVER_SOLD})
            moving = infractions_of_change(change).without_objection().order_by("pk")
            ids = list(moving.select_for_update(no_key=True).values_list("pk", flat=True))
            if expected is not None and len(ids) != expected:
                raise Conflict(INFRACTIONS_CHANGED)
            Infraction.objects.filter(pk__in=ids).update(owner=change.new_owner_id)
            InfractionMove.objects.bulk_create(
                InfractionMove(
                    infraction_id=pk, owner_change=change, former_owner_id=change.former_owner_id, created_at=at, by=by
                )
                for pk in ids
            )
            return len(ids)
    except IntegrityError as error:
        if violated_constraint(error) == "infraction_move_once_per_sale":
            raise Conflict(INFRACTIONS_CHANGED) from error
        raise
