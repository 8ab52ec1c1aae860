"""Devices as CSV, with the fields of the API as columns."""

import re
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from common.admin.csv_export import UtcText
from common.admin.imports import ImportedRow, Spreadsheet
from common.api.fields import DateTimeField
from devices import services
from devices.models import DEVICE_PREFIX, MODEL_PREFIX, SLUG, Device
from devices.serializers import DeviceRow

TIME = DateTimeField()


class DeviceSpreadsheet(Spreadsheet):
    """Creates a device for a row with a new id. For an existing id, changes the fields of the file's columns."""

    model = Device
    serializer_class = DeviceRow
    key = "id"
    key_pattern = re.compile(f"{DEVICE_PREFIX}({SLUG})\\Z")
    optional = "serial"
    ignored = ("created_at", "updated_at")
    fixed = {"created_at": "created_at"}
    columns = {
        "id": lambda device: DEVICE_PREFIX + device.slug,
        "deviceModel": lambda device: MODEL_PREFIX + device.model_id,
        **{name: attrgetter(name) for name in ("name", "note", "serial", "status", "place")},
        "created_at": lambda device: str(TIME.to_representation(device.created_at) or ""),
        "updated_at": lambda device: str(TIME.to_representation(device.updated_at) or ""),
    }

    exported = {
        "id": Concat(Value(DEVICE_PREFIX), "slug"),
        "deviceModel": Concat(Value(MODEL_PREFIX), "model_id"),
        **{name: name for name in ("name", "note", "serial", "status", "place")},
        **{name: UtcText(name) for name in ("created_at", "updated_at")},
    }

    def validate_row(self, cells: dict[str, str], instance: Any) -> dict[str, Any]:
        values = super().validate_row(cells, instance)
        if instance is not None and values.get("serial", "") is None:  # the device keeps its serial
            del values["serial"]
        return values

    def check(self, rows: list[ImportedRow]) -> None:
        """Finds serials that two devices would have once all rows are stored."""
        given = [row for row in rows if row.values.get("serial") is not None]
        changed = {row.instance.slug for row in given}
        taken = set(
            Device.objects.filter(serial__in=[row.values["serial"] for row in given])
            .exclude(slug__in=changed)
            .values_list("serial", flat=True)
        )
        for row in given:
            if row.values["serial"] in taken:
                row.errors["serial"] = [str(services.SERIAL_EXISTS)]
            taken.add(row.values["serial"])
        for row in rows:
            if row.old is None and row.values.get("serial") is None:
                row.instance.serial = _("next number")  # it is assigned when the device is stored

    def store(self, digest: str) -> list[ImportedRow]:
        services.lock_keys()
        return super().store(digest)

    def release(self, rows: list[ImportedRow]) -> None:
        services.serials_release(slugs=[row.instance.slug for row in rows if "serial" in row.values])

    def update(self, rows: list[ImportedRow]) -> None:
        services.devices_update(devices=[row.instance for row in rows], at=self.at)

    def create(self, rows: list[ImportedRow]) -> None:
        drafts = {row.number: services.DeviceDraft(**row.values) for row in rows}
        errors = services.devices_create(drafts=drafts, invalid={}, atomic=False, at=self.at)[1]
        if errors:
            raise ValidationError(next(iter(errors.values())))
