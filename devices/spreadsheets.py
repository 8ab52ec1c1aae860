"""Devices as CSV, with the fields of the API as columns."""

import re
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

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
    columns = {
        "id": attrgetter("path"),
        "deviceModel": lambda device: MODEL_PREFIX + device.model_id,
        **{name: attrgetter(name) for name in ("name", "note", "serial", "status", "place")},
        "created_at": lambda device: str(TIME.to_representation(device.created_at) or ""),
        "updated_at": lambda device: str(TIME.to_representation(device.updated_at) or ""),
    }

    @cached_property
    def slugs_by_serial(self) -> dict[str, str]:
        """The devices that have serials of the file, as the earlier rows of a preview would leave them."""
        serials = [line.get("serial", "").strip() for line in self.lines]
        return dict(Device.objects.filter(serial__in=serials).values_list("serial", "slug"))

    def check(self, instance: Device, values: dict[str, Any], is_new: bool) -> None:
        serial = values.get("serial")
        if serial is None:
            if is_new:
                instance.serial = _("next number")  # it is assigned when the device is stored
            return
        if self.slugs_by_serial.get(serial, instance.slug) != instance.slug:
            raise ValidationError({"serial": [services.SERIAL_EXISTS]})
        # The row frees the old serial of its device for later rows.
        others = {other: slug for other, slug in self.slugs_by_serial.items() if slug != instance.slug}
        self.slugs_by_serial = {**others, serial: instance.slug}

    def store(self, digest: str) -> list[ImportedRow]:
        services.lock_keys()
        self.at = timezone.now()
        return super().store(digest)

    def save(self, instance: Device, values: dict[str, Any], is_new: bool) -> Device:
        if is_new:
            return services.device_create(**values, at=self.at)
        changes = {name: value for name, value in values.items() if name != "slug"}
        return services.device_update(device=instance, at=self.at, **changes)
