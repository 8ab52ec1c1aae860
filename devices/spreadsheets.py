"""Devices as CSV, with the fields of the API as columns."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import Widget
from tablib import Dataset

from common.admin.resources import ServiceResource, serializer_errors
from common.api.fields import DateTimeField
from devices import services
from devices.models import DEVICE_PREFIX, MODEL_PREFIX, SLUG, Device
from devices.serializers import DeviceRow, DeviceSerializer

PATH = re.compile(f"{DEVICE_PREFIX}({SLUG})\\Z")


class PathWidget(Widget):
    """Writes a slug with its prefix, such as `/devices/<slug>`."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.prefix + value if value else ""


class TimeWidget(Widget):
    """Writes a time in the format of the API."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(DateTimeField().to_representation(value) or "") if value else ""


class DeviceResource(ServiceResource):
    """Creates a device for a row with a new id. For an existing id, changes the fields of the file's columns."""

    key = "id"
    slug = Field(attribute="slug", column_name="id", widget=PathWidget(DEVICE_PREFIX))
    model = Field(attribute="model_id", column_name="deviceModel", widget=PathWidget(MODEL_PREFIX))
    name = Field(attribute="name", column_name="name")
    note = Field(attribute="note", column_name="note")
    serial = Field(attribute="serial", column_name="serial")
    created_at = Field(attribute="created_at", column_name="created_at", widget=TimeWidget())
    updated_at = Field(attribute="updated_at", column_name="updated_at", widget=TimeWidget())

    class Meta:
        model = Device
        fields = ("slug", "model", "name", "note", "serial", "created_at", "updated_at")
        import_id_fields = ("slug",)
        skip_unchanged = True
        report_skipped = True

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        self.at = timezone.now()
        if self.is_dry_run:
            serials = [cell.strip() for cell in dataset["serial"]] if "serial" in dataset.headers else []
            self.slugs_by_serial = dict(Device.objects.filter(serial__in=serials).values_list("serial", "slug"))
        else:
            services.lock_keys()
        super().before_import(dataset, **kwargs)

    def find_existing(self, keys: list[str], rows: QuerySet[Any]) -> dict[str, Any]:
        slugs = [match[1] for match in map(PATH.match, keys) if match]
        return {device.path: device for device in rows.filter(slug__in=slugs)}

    def validate_row(self, row: dict[str, str], instance: Any) -> dict[str, Any]:
        # A cell that still has its exported value changes nothing. An empty serial counts as omitted.
        old = {} if instance is None else DeviceSerializer(instance).data
        data = {name: cell for name, cell in row.items() if cell != old.get(name) and (name, cell) != ("serial", "")}
        serializer = DeviceRow(instance, data=data, partial=instance is not None)
        if not serializer.is_valid():
            raise serializer_errors(serializer)
        values: dict[str, Any] = serializer.validated_data
        return values

    def validate_dry_run(self, instance: Any, is_create: bool) -> None:
        serial = self.values.get("serial")
        if serial is None:
            instance.serial = _("next number")  # it is assigned when the device is stored
            return
        if self.slugs_by_serial.get(serial, instance.slug) != instance.slug:
            raise ValidationError({"serial": [services.SERIAL_EXISTS]})
        # The row frees the old serial of its device for later rows.
        others = {other: slug for other, slug in self.slugs_by_serial.items() if slug != instance.slug}
        self.slugs_by_serial = {**others, serial: instance.slug}

    def create(self, values: dict[str, Any]) -> Device:
        return services.device_create(**values, at=self.at)

    def update(self, instance: Device, values: dict[str, Any]) -> Device:
        changes = {name: value for name, value in values.items() if name != "slug"}
        return services.device_update(device=instance, at=self.at, **changes)
