"""Devices as JSON."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from common.api.fields import DateTimeField
from common.api.serializers import QueryParameters, SearchParameters
from devices.models import MODEL_PREFIX, PREFIX, SERIAL, SLUG, SLUG_HELP, Device
from devices.services import ID_TAKEN, SERIAL_TAKEN

EXAMPLE = {
    "id": "/devices/meter-market-7",
    "deviceModel": "/devicemodels/parkster-200",
    "name": "Parking meter, market square",
    "note": "Takes coins and cards.",
    "serial": "A000000001",
}
FIXED = _("The id of a device does not change.")


class PathField(serializers.CharField):
    """`/devices/<slug>` outside, the slug inside; a lenient one does without the prefix."""

    def __init__(self, prefix: str, *, lenient: bool = False, **kwargs: Any) -> None:
        self.prefix, self.lenient = prefix, lenient
        self.pattern = re.compile(f"(?:{prefix}){'?' if lenient else ''}(?!bulk$)({SLUG})\\Z")
        super().__init__(help_text=f"`{prefix}<slug>`; a slug is {SLUG_HELP}", trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        match = self.pattern.match(super().to_internal_value(data))
        if match is None:
            raise serializers.ValidationError(
                _("It reads %(prefix)s<slug>; a slug is %(slug)s") % {"prefix": self.prefix, "slug": SLUG_HELP}
            )
        return match[1]

    def to_representation(self, value: str) -> str:
        return value if self.lenient else self.prefix + value


class SerialField(serializers.RegexField):
    """What a client may call a serial: visible, and not blank."""

    default_error_messages = {"invalid": _("A serial is text without control characters.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(SERIAL.replace("$", r"\Z"), max_length=64, required=False, **kwargs)


class DeviceRow(serializers.Serializer):
    """What a device is made of; whether its id and serial are free is for whoever stores it."""

    id = PathField(PREFIX, source="slug")
    deviceModel = PathField(MODEL_PREFIX, source="model_id")  # noqa: N815
    name = serializers.CharField(max_length=200)
    note = serializers.CharField(max_length=10_000)
    serial = SerialField(help_text="Left out, it is the next of our own: `A` and nine digits.")

    class Meta:
        swagger_schema_fields = {"example": EXAMPLE}


class DeviceInput(DeviceRow):
    """A device by itself; what is taken already is named beside all else that is wrong."""

    id = PathField(PREFIX, source="slug", validators=[UniqueValidator(Device.objects.only("pk"), message=ID_TAKEN)])
    serial = SerialField(
        help_text="Left out, it is the next of our own: `A` and nine digits.",
        validators=[UniqueValidator(Device.objects.only("pk"), message=SERIAL_TAKEN)],
    )

    def validate_id(self, slug: str) -> str:
        if self.instance is not None and slug != self.instance.slug:
            raise serializers.ValidationError(FIXED)
        return slug


class DeviceSerializer(DeviceRow):
    created_at = DateTimeField()
    updated_at = DateTimeField()

    class Meta:
        read_only_fields = ["created_at", "updated_at"]
        swagger_schema_fields = {
            "example": EXAMPLE | {"created_at": "2026-11-21T09:30:00Z", "updated_at": "2026-11-21T09:30:00Z"}
        }


class DeviceParameters(SearchParameters):
    deviceModel = PathField(MODEL_PREFIX, lenient=True, required=False, source="model")  # noqa: N815
    serial = SerialField(help_text="The whole serial.")


class DeviceBulkParameters(QueryParameters):
    atomic = serializers.BooleanField(default=False, help_text="true: all are stored, or none.")


class DeviceRowErrors(serializers.Serializer):
    """What is wrong with the row of that index, by field."""

    index = serializers.IntegerField()
    id = serializers.ListField(child=serializers.CharField(), required=False)
    deviceModel = serializers.ListField(child=serializers.CharField(), required=False)  # noqa: N815
    name = serializers.ListField(child=serializers.CharField(), required=False)
    note = serializers.ListField(child=serializers.CharField(), required=False)
    serial = serializers.ListField(child=serializers.CharField(), required=False)
    non_field_errors = serializers.ListField(child=serializers.CharField(), required=False)


class DeviceBulkSerializer(serializers.Serializer):
    created = serializers.ListField(child=serializers.CharField(), help_text="The ids of what was stored.")
    errors = DeviceRowErrors(many=True)  # type: ignore[assignment]  # the class keeps no field as an attribute

    class Meta:
        swagger_schema_fields = {
            "example": {"created": [EXAMPLE["id"]], "errors": [{"index": 1, "name": ["This field is required."]}]}
        }
