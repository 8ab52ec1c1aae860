"""Devices as JSON."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.validators import UniqueValidator

from common.api.fields import DateTimeField
from common.api.serializers import QueryParameters, SearchParameters, WordParameters, refuse_duplicate
from common.api.text_fields import LineField, LongTextField
from devices.models import (
    DEVICE_PREFIX,
    MODEL_PREFIX,
    SLUG,
    SLUG_HELP,
    Device,
    DeviceModel,
    DeviceModelQuerySet,
    DeviceQuerySet,
    DeviceStatus,
)
from devices.serials import is_placeholder
from devices.services import ID_EXISTS, SERIAL_EXISTS

EXAMPLE = {
    "id": "/devices/meter-market-7",
    "deviceModel": "/devicemodels/parkster-200",
    "name": "Parking meter, market square",
    "note": "Takes coins and cards.",
    "status": DeviceStatus.IN_USE.value,
    "place": "Market Square",
    "serial": "A000000001",
}
ID_CHANGED = _("The id of a device cannot be changed.")
SERIAL_HELP = (
    "If omitted or null, a new device gets the next number, `A` and nine digits, and an existing one keeps its serial. "
    "Texts that stand for no serial, such as `N/A` or `To be filled by O.E.M.`, count as null."
)


class PathField(serializers.CharField):
    """A slug, written with a prefix such as `/devices/`. A lenient field also accepts it without the prefix."""

    def __init__(self, prefix: str, *, lenient: bool = False, **kwargs: Any) -> None:
        self.prefix, self.lenient = prefix, lenient
        self.pattern = re.compile(f"(?:{prefix}){'?' if lenient else ''}(?!bulk$)({SLUG})\\Z")
        super().__init__(help_text=f"`{prefix}<slug>`. The slug has {SLUG_HELP}", trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        match = self.pattern.match(super().to_internal_value(data))
        if match is None:
            raise serializers.ValidationError(
                _("Enter %(prefix)s<slug>. The slug has %(slug)s") % {"prefix": self.prefix, "slug": SLUG_HELP}
            )
        return match[1]

    def to_representation(self, value: str) -> str:
        return value if self.lenient else self.prefix + value


class SerialText(LineField):
    """A serial, which is one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, required=False, **kwargs)


class SerialField(SerialText):
    """The serial of a device, or None, also for a text that stands for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def run_validation(self, data: Any = empty) -> str | None:
        serial: str | None = super().run_validation(None if isinstance(data, str) and is_placeholder(data) else data)
        return serial


class DeviceRow(serializers.Serializer[Any]):
    """The fields of a device. Services check that the id and the serial are unique."""

    id = PathField(DEVICE_PREFIX, source="slug")
    deviceModel = PathField(MODEL_PREFIX, source="model_id")  # noqa: N815
    name = LineField(max_length=200, help_text="What the device is, on one line.")
    note = LongTextField(max_length=10_000, help_text="Anything about the device, in any number of lines.")
    status = serializers.ChoiceField(
        DeviceStatus.choices, required=False, allow_blank=True, help_text="Empty: not stated."
    )
    place = LineField(max_length=200, required=False, allow_blank=True, help_text="Empty: not stated.")
    serial = SerialField(help_text=SERIAL_HELP)

    class Meta:
        swagger_schema_fields = {"example": EXAMPLE}


class DeviceInput(DeviceRow):
    """The body of a single device. An id or serial that already exists is reported with all other errors."""

    id = PathField(
        DEVICE_PREFIX, source="slug", validators=[UniqueValidator(Device.objects.only("pk"), message=ID_EXISTS)]
    )

    def validate_id(self, slug: str) -> str:
        if self.instance is not None and slug != self.instance.slug:
            raise serializers.ValidationError(ID_CHANGED)
        return slug

    def validate_serial(self, serial: str | None) -> str | None:
        if serial is not None:
            refuse_duplicate(Device.objects.with_serial(serial), self.instance, SERIAL_EXISTS)
        return serial

    def to_representation(self, instance: Device) -> dict[str, Any]:
        return DeviceSerializer(context=self.context).to_representation(instance)


class DeviceSerializer(DeviceRow):
    created_at = DateTimeField(help_text="When the device was added.")
    updated_at = DateTimeField(help_text="When it was last changed.")

    class Meta:
        swagger_schema_fields = {
            "example": EXAMPLE | {"created_at": "2026-11-21T09:30:00Z", "updated_at": "2026-11-21T09:30:00Z"}
        }


class DeviceParameters(WordParameters):
    deviceModel = PathField(MODEL_PREFIX, lenient=True, required=False, source="model")  # noqa: N815
    serial = SerialText(help_text="The full serial, regardless of case and width.")
    status = serializers.ChoiceField(DeviceStatus.choices, required=False, help_text="Only devices with this status.")
    place = serializers.CharField(required=False, max_length=200, help_text="The whole place.")

    def filter_serial(self, devices: DeviceQuerySet, value: str) -> DeviceQuerySet:
        return devices.with_serial(value)


class DeviceModelSerializer(serializers.Serializer[DeviceModel]):
    id = PathField(MODEL_PREFIX, source="slug")

    class Meta:
        swagger_schema_fields = {"example": {"id": EXAMPLE["deviceModel"]}}


class DeviceModelParameters(SearchParameters):
    q = serializers.CharField(required=False, allow_blank=True, max_length=64, help_text="The beginning of a slug.")

    def filter_q(self, models: DeviceModelQuerySet, value: str) -> DeviceModelQuerySet:
        return models.search(value)


class DeviceBulkParameters(QueryParameters):
    atomic = serializers.BooleanField(default=False, help_text="true: stores all devices or none.")


class ErrorsField(serializers.ListField):
    """The messages of an invalid field."""

    def __init__(self) -> None:
        super().__init__(child=serializers.CharField(), help_text="Messages; missing if this field is valid.")


class DeviceRowErrors(serializers.Serializer[Any]):
    """The errors of the row with this index, by field."""

    index = serializers.IntegerField(help_text="The position of the row in the request, from 0.")
    id = ErrorsField()
    deviceModel = ErrorsField()  # noqa: N815
    name = ErrorsField()
    note = ErrorsField()
    status = ErrorsField()
    place = ErrorsField()
    serial = ErrorsField()
    non_field_errors = ErrorsField()

    class Meta:
        optional_fields = [
            "id",
            "deviceModel",
            "name",
            "note",
            "status",
            "place",
            "serial",
            "non_field_errors",
        ]
        swagger_schema_fields = {"example": {"index": 1, "name": ["This field is required."]}}


class DeviceBulkSerializer(serializers.Serializer[Any]):
    created = serializers.ListField(child=serializers.CharField(), help_text="The ids of the stored devices.")
    errors = DeviceRowErrors(  # type: ignore[assignment]  # DRF removes fields from the class
        many=True, help_text="The invalid rows, by index."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {"created": [EXAMPLE["id"]], "errors": [{"index": 1, "name": ["This field is required."]}]}
        }


class DeviceBulkRefusedSerializer(DeviceBulkSerializer):
    """Why no row was stored: the errors of the rows, or of the request (`detail`, or a parameter by its name)."""

    detail = serializers.CharField(help_text="What is wrong with the request as a whole.")

    class Meta(DeviceBulkSerializer.Meta):
        optional_fields = ["created", "errors", "detail"]
