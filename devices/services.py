"""Services that create, change and delete devices.

A device is stored before its model, in one transaction: the foreign key is deferred to the end of the transaction, and
a device that is refused does not create its model. A transaction that stores a given serial, or that may hold one id
or serial while it waits for another, calls `lock_keys` first. Those that assign numbers share the lock: they wait for a
given serial that looks like the next number, and not for each other.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, TypeVar, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.db.models.functions import MD5, Concat
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from common.bulk import update_rows
from common.exceptions import violated_constraint
from devices.models import Device, DeviceModel

ID_EXISTS = _("A device with this id already exists.")
SERIAL_EXISTS = _("A device with this serial already exists.")
KEYS_LOCK_ID = 0x64657669636573  # "devices"

LOCK_SQL = "SELECT pg_advisory_xact_lock(%(lock)s);"
SHARED_LOCK_SQL = "SELECT pg_advisory_xact_lock_shared(%(lock)s);"
# Rows with a serial of the client are inserted first, so that assigned numbers skip it.
INSERT_SQL = """
INSERT INTO devices_device (slug, model_id, name, note, status, place, serial, created_at, updated_at)
SELECT slug, model_id, name, note, status, place, coalesce(serial, device_next_serial()), %(at)s, %(at)s
FROM unnest(
    %(slug)s::text[], %(model_id)s::text[], %(name)s::text[], %(note)s::text[], %(status)s::text[], %(place)s::text[],
    %(serial)s::text[]
) AS given (slug, model_id, name, note, status, place, serial)
WHERE given.serial IS NULL OR NOT EXISTS (
    SELECT FROM devices_device other WHERE md5(text_key(other.serial)) = md5(text_key(given.serial)))
ORDER BY serial IS NULL
ON CONFLICT DO NOTHING
RETURNING slug, serial
"""
# The given ids and serials that a device has. A serial is the same to a reader in another case, form or width.
EXISTING_SQL = """
SELECT 'id', slug FROM devices_device WHERE slug = ANY(%(slugs)s)
UNION ALL
SELECT 'serial', given.serial FROM unnest(%(serials)s::text[]) AS given (serial)
WHERE EXISTS (SELECT FROM devices_device other WHERE md5(text_key(other.serial)) = md5(text_key(given.serial)))
"""
COLUMNS = ("slug", "model_id", "name", "note", "status", "place", "serial")


@dataclass(frozen=True)
class DeviceDraft:
    """The values of a device that is not stored yet. Without a serial, it gets the next number."""

    slug: str
    model_id: str
    name: str
    note: str
    serial: str | None = None
    status: str = ""
    place: str = ""


class DeviceKeys(NamedTuple):
    """The unique values of a device, or None for those that are unknown."""

    slug: str | None
    serial: str | None


class DeviceChanges(TypedDict, total=False):
    model_id: str
    name: str
    note: str
    status: str
    place: str
    serial: str | None  # None leaves the serial as it is


Drafts = dict[int, DeviceDraft]  # by the index of a row
Stored = dict[int, Device]  # likewise
Errors = dict[int, dict[str, list[Any]]]  # messages by field, by the index of a row
Result = TypeVar("Result")


def device_create(
    *,
    slug: str,
    model_id: str,
    name: str,
    note: str,
    status: str = "",
    place: str = "",
    serial: str | None = None,
    at: datetime,
) -> Device:
    """Creates a device. Without a serial, it gets the next number.

    Raises ValidationError on `id` and `serial` if they already exist.
    """
    draft = DeviceDraft(slug, model_id, name, note, serial, status, place)
    stored, errors = retry_without_model(lambda: store_drafts({0: draft}, at=at))
    if errors:
        raise ValidationError(errors[0])
    return stored[0]


def devices_create(*, drafts: Drafts, invalid: Errors, atomic: bool, at: datetime) -> tuple[Stored, Errors]:
    """Creates devices of different ids and serials, with a constant number of queries. Returns errors by index.

    `invalid` are the errors of rows that are not drafts. If `atomic`, nothing is stored if there are any errors.
    """

    def act() -> tuple[Stored, Errors]:
        lock_keys()
        stored, errors = store_drafts(drafts, at=at)
        if atomic and (errors or invalid):
            transaction.set_rollback(True)
            stored = {}
        return stored, errors

    return retry_without_model(act)


def device_update(*, device: Device, at: datetime, **changes: Unpack[DeviceChanges]) -> Device:
    """Changes a device.

    Raises ValidationError on `serial` if it already exists, and Http404 if the device was deleted.
    """
    if unknown := changes.keys() - DeviceChanges.__annotations__.keys():
        raise TypeError(f"device_update cannot change {', '.join(sorted(unknown))}")
    serial = changes.pop("serial", None)
    if serial is not None:
        changes["serial"] = serial

    def act() -> None:
        if serial is not None:
            lock_keys()
            others = Device.objects.exclude(pk=device.pk)
            if others.with_serial(serial).exists():
                raise ValidationError({"serial": [SERIAL_EXISTS]})
        if not Device.objects.filter(pk=device.pk).update(**changes, updated_at=at):
            raise Http404
        if "model_id" in changes:
            create_missing_models([changes["model_id"]])

    try:
        retry_without_model(act)
    except IntegrityError as error:
        if violated_constraint(error).startswith("devices_device_serial"):
            raise ValidationError({"serial": [SERIAL_EXISTS]}) from error
        raise
    updated = Device.objects.without_search_vector().filter(pk=device.pk).first()
    if updated is None:
        raise Http404
    return updated


def serials_release(*, slugs: list[str]) -> None:
    """Gives devices serials of their own until `devices_update` stores others, so that they can exchange serials."""
    parked = Concat(Value("changing "), MD5("slug"))
    Device.objects.filter(pk__in=slugs).update(serial=parked)


def devices_update(*, devices: list[Device], at: datetime) -> None:
    """Stores the changed fields of devices in one statement. Their serials must be free: see `serials_release`.

    Must be called in a transaction that has called `lock_keys`. Raises IntegrityError if a serial exists.
    """
    for device in devices:
        device.updated_at = at
    update_rows(Device, devices, ("model", "name", "note", "serial", "updated_at"))
    create_missing_models({device.model_id for device in devices})


def device_delete(*, device: Device) -> None:
    device.delete()


@transaction.atomic
def device_model_delete(*, model: DeviceModel) -> None:
    """Deletes a device model. Raises ProtectedError if it has devices."""
    # A transaction that is storing a device of this model checks the foreign key at its end. It waits for this lock
    # there, and then creates the model again.
    locked = DeviceModel.objects.select_for_update().filter(pk=model.pk).first()
    if locked is not None:
        locked.delete()


def retry_without_model(act: Callable[[], Result]) -> Result:
    """Returns what `act` returns, called in a transaction. Calls it again if a model was deleted meanwhile."""
    while True:
        try:
            with transaction.atomic():
                return act()
        except IntegrityError as error:
            if not violated_constraint(error).startswith("devices_device_model_id"):
                raise


def lock_keys() -> None:
    """Waits until no other transaction holds this lock.

    Two transactions that store the same keys in a different order would otherwise block each other, and two that store
    serials that look the same would not see each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SQL, {"lock": KEYS_LOCK_ID})


def store_drafts(drafts: Drafts, *, at: datetime) -> tuple[Stored, Errors]:
    stored: Stored = {}
    errors: Errors = {}
    pending = drafts
    while pending:
        stored |= insert_drafts(pending, at)
        pending = {index: draft for index, draft in pending.items() if index not in stored}
        errors |= find_existing({index: DeviceKeys(draft.slug, draft.serial) for index, draft in pending.items()})
        # The rest conflicted with a device that was deleted since, or was assigned a number that a client was using at
        # the same moment. It is inserted again.
        pending = {index: draft for index, draft in pending.items() if index not in errors}
    create_missing_models({device.model_id for device in stored.values()})
    return stored, errors


def insert_drafts(drafts: Drafts, at: datetime) -> Stored:
    """Inserts the drafts that conflict with no device, and returns their devices."""
    columns = {name: [getattr(draft, name) for draft in drafts.values()] for name in COLUMNS}
    lock = LOCK_SQL if any(columns["serial"]) else SHARED_LOCK_SQL
    with connection.cursor() as cursor:
        cursor.execute(lock + INSERT_SQL, {**columns, "at": at, "lock": KEYS_LOCK_ID})  # in one message to the database
        serials = dict(cursor.fetchall())
    return {
        index: Device(
            slug=draft.slug,
            model_id=draft.model_id,
            name=draft.name,
            note=draft.note,
            status=draft.status,
            place=draft.place,
            serial=serials[draft.slug],
            created_at=at,
            updated_at=at,
        )
        for index, draft in drafts.items()
        if draft.slug in serials
    }


def find_existing(keys: dict[int, DeviceKeys]) -> Errors:
    """Returns errors for the keys that a device already has. It takes at most one query."""
    slugs = {slug for slug, _ in keys.values() if slug}
    serials = {serial for _, serial in keys.values() if serial}
    if not slugs and not serials:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(EXISTING_SQL, {"slugs": list(slugs), "serials": list(serials)})
        found = set(cursor.fetchall())
    errors: Errors = {}
    for index, (slug, serial) in keys.items():
        if ("id", slug) in found:
            errors.setdefault(index, {})["id"] = [ID_EXISTS]
        if ("serial", serial) in found:
            errors.setdefault(index, {})["serial"] = [SERIAL_EXISTS]
    return errors


def create_missing_models(slugs: Iterable[str]) -> None:
    """Creates the models that do not exist.

    They are sorted, so that two transactions that create the same models do not block each other.
    """
    DeviceModel.objects.bulk_create([DeviceModel(slug=slug) for slug in sorted(slugs)], ignore_conflicts=True)
