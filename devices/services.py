"""Whatever writes devices.

A device is stored before its model is registered, in one transaction: the foreign key is looked at in its end, and a
device that is refused registers nothing. Whoever may hold one id or serial while waiting for another takes
`keys_lock` first; a single INSERT ... ON CONFLICT holds nothing while it waits.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from common.exceptions import violated_constraint
from devices.models import Device, DeviceModel

ID_TAKEN = _("A device with this id already exists.")
SERIAL_TAKEN = _("A device with this serial already exists.")
LOCK = 0x64657669636573  # "devices"

# What clients chose goes in before what we number, so that our numbers skip it.
INSERT = """
INSERT INTO devices_device (slug, model_id, name, note, serial, created_at, updated_at)
SELECT slug, model_id, name, note, coalesce(serial, device_next_serial()), %(at)s, %(at)s
FROM unnest(%(slug)s::text[], %(model_id)s::text[], %(name)s::text[], %(note)s::text[], %(serial)s::text[])
     AS given (slug, model_id, name, note, serial)
ORDER BY serial IS NULL
ON CONFLICT DO NOTHING
RETURNING slug, serial
"""
COLUMNS = ("slug", "model_id", "name", "note", "serial")

Drafts = dict[int, dict[str, Any]]
Stored = dict[int, Device]
Errors = dict[int, dict[str, list[Any]]]
T = TypeVar("T")


def device_create(*, at: datetime, **fields: Any) -> Device:
    """A new device of `slug`, `model_id`, `name`, `note`, and of `serial` or the next number of our own.

    Raises ValidationError on `id` and `serial`, whichever is taken.
    """
    stored, errors = with_models(lambda: drafts_store({0: fields}, at=at))
    if errors:
        raise ValidationError(errors[0])
    return stored[0]


def devices_create(*, drafts: Drafts, refused: Errors, atomic: bool, at: datetime) -> tuple[Stored, Errors]:
    """Stores drafts of different ids and serials by a constant number of statements; errors by the draft's index.

    `refused` are rows that were no drafts; with `atomic` they too are a reason to store nothing.
    """

    def act() -> tuple[Stored, Errors]:
        keys_lock()
        stored, errors = drafts_store(drafts, at=at)
        if atomic and (errors or refused):
            transaction.set_rollback(True)
            stored = {}
        return stored, errors

    return with_models(act)


def device_update(*, device: Device, at: datetime, **changes: Any) -> Device:
    """Changes a device. Raises ValidationError on `serial` when it is taken, Http404 when the device is gone."""

    def act() -> None:
        if "serial" in changes:
            keys_lock()
        if not Device.objects.filter(pk=device.pk).update(**changes, updated_at=at):
            raise Http404
        if "model_id" in changes:
            models_register([changes["model_id"]])

    try:
        with_models(act)
    except IntegrityError as error:
        if violated_constraint(error).startswith("devices_device_serial"):
            raise ValidationError({"serial": [SERIAL_TAKEN]}) from error
        raise
    found = Device.objects.defer("search").filter(pk=device.pk).first()
    if found is None:
        raise Http404
    return found


def device_delete(*, device: Device) -> None:
    device.delete()


@transaction.atomic
def device_model_delete(*, model: DeviceModel) -> None:
    """Deletes a model without devices; ProtectedError names what holds any other."""
    # A device that is just being stored looks for its model at its end, waits here, and registers it again.
    locked = DeviceModel.objects.select_for_update().filter(pk=model.pk).first()
    if locked is not None:
        locked.delete()


def with_models(act: Callable[[], T]) -> T:
    """What the act returns; carried out again when a model that it found has gone away before its end."""
    while True:
        try:
            with transaction.atomic():
                return act()
        except IntegrityError as error:
            if not violated_constraint(error).startswith("devices_device_model_id"):
                raise


def keys_lock() -> None:
    """One at a time, until the transaction ends: two with the same keys in another order would block each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def drafts_store(drafts: Drafts, *, at: datetime) -> tuple[Stored, Errors]:
    stored: Stored = {}
    errors: Errors = {}
    pending = drafts
    while pending:
        stored |= rows_insert(pending, at)
        pending = {index: draft for index, draft in pending.items() if index not in stored}
        errors |= taken(pending)
        # What is left met a device that is gone by now, or whose number we gave out while a client took it: once more.
        pending = {index: draft for index, draft in pending.items() if index not in errors}
    models_register({device.model_id for device in stored.values()})
    return stored, errors


def rows_insert(drafts: Drafts, at: datetime) -> Stored:
    columns = {name: [draft.get(name) for draft in drafts.values()] for name in COLUMNS}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {**columns, "at": at})
        serials = dict(cursor.fetchall())
    return {
        index: Device(**{**draft, "serial": serials[draft["slug"]]}, created_at=at, updated_at=at)
        for index, draft in drafts.items()
        if draft["slug"] in serials
    }


def taken(drafts: Drafts) -> Errors:
    """Which drafts, or beginnings of one, have an id or a serial that a device has now."""
    wanted = [{draft["slug"] for draft in drafts.values() if draft.get("slug")}]
    wanted.append({draft["serial"] for draft in drafts.values() if draft.get("serial")})
    if not any(wanted):
        return {}
    found = Device.objects.filter(Q(slug__in=wanted[0]) | Q(serial__in=wanted[1])).values_list("slug", "serial")
    slugs, serials = {slug for slug, _ in found}, {serial for _, serial in found}
    errors: Errors = {}
    for index, draft in drafts.items():
        if draft.get("slug") in slugs:
            errors.setdefault(index, {})["id"] = [ID_TAKEN]
        if draft.get("serial") in serials:
            errors.setdefault(index, {})["serial"] = [SERIAL_TAKEN]
    return errors


def models_register(slugs: Iterable[str]) -> None:
    """Makes the models that are not there yet, in one order, so that two who make the same wait for each other once."""
    DeviceModel.objects.bulk_create([DeviceModel(slug=slug) for slug in sorted(slugs)], ignore_conflicts=True)
