"""The API of the device registry, for device managers."""

from typing import Any

from django.utils.translation import gettext as _
from drf_yasg import openapi
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView, ListCreateAPIView, RetrieveUpdateDestroyAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.crud import CrudView
from common.api.schema import documented
from common.api.views import ApiView
from devices import services
from devices.bulk import MAX_ROWS, validate_rows
from devices.models import DEVICE_PREFIX, Device, DeviceModel
from devices.serializers import (
    DeviceBulkParameters,
    DeviceBulkRefusedSerializer,
    DeviceBulkSerializer,
    DeviceInput,
    DeviceModelParameters,
    DeviceModelSerializer,
    DeviceParameters,
    DeviceRow,
    DeviceSerializer,
)

NOTHING_STORED = openapi.Response(
    "No row was stored, or the body is not an array of at most 1,000 rows.",
    DeviceBulkRefusedSerializer,
    examples={"application/json": {"created": [], "errors": [{"index": 0, "id": [services.ID_EXISTS]}]}},
)
ID_IS_FIXED = "The id cannot be changed: 400."
SERIAL_IS_KEPT = "`serial`, `status` and `place` do not change if they are omitted."
MODEL_IS_CREATED = "The device model is created if it does not exist."


class DeviceListView(CrudView, ListCreateAPIView[Device]):
    created_route = ("device", "slug")
    queryset = Device.objects.without_search_vector()
    serializer_class = DeviceSerializer
    input_serializer_class = DeviceInput
    parameters_class = DeviceParameters
    descriptions = {
        "GET": "`q` searches the id, the name and the note; `serial` finds a whole serial.",
        "POST": MODEL_IS_CREATED,
    }

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.device_create(**serializer.validated_data, at=self.at)

    def created_path(self, row: dict[str, Any]) -> str:
        return super().created_path({"id": row["id"].removeprefix(DEVICE_PREFIX)})


class DeviceView(CrudView, RetrieveUpdateDestroyAPIView[Device]):
    queryset = Device.objects.without_search_vector()
    serializer_class = DeviceSerializer
    input_serializer_class = DeviceInput
    lookup_url_kwarg = "slug"
    descriptions = {
        "GET": "Upper and lower case in the path count.",
        "PUT": f"{ID_IS_FIXED} {SERIAL_IS_KEPT}",
        "PATCH": ID_IS_FIXED,
        "DELETE": "The serial may be given to another device afterwards.",
    }

    def perform_update(self, serializer: Any) -> None:
        changes = {name: value for name, value in serializer.validated_data.items() if name != "slug"}
        serializer.instance = services.device_update(device=serializer.instance, at=self.at, **changes)

    def perform_destroy(self, instance: Device) -> None:
        services.device_delete(device=instance)


class DeviceModelListView(CrudView, ListAPIView[DeviceModel]):
    queryset = DeviceModel.objects.all()
    serializer_class = DeviceModelSerializer
    parameters_class = DeviceModelParameters
    descriptions = {"GET": "A device model is registered by its first device."}

    def get_required_permission(self, method: str) -> str:
        return "devices.view_device"  # who sees the devices sees their models


class DeviceBulkView(ApiView):
    creates_rows = True
    serializer_class = DeviceRow
    required_permissions = {"POST": "devices.add_device"}

    @documented(
        summary="Add many devices",
        body=DeviceRow(many=True),
        query=DeviceBulkParameters,
        answers={201: DeviceBulkSerializer, 400: NOTHING_STORED},
        errors=(401, 403),
        description="At most 1,000 devices. 201 if any was stored; `errors` names the invalid rows by their index.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        atomic = self.validate_query(DeviceBulkParameters).validated_data["atomic"]
        rows = request.data
        if not isinstance(rows, list) or len(rows) > MAX_ROWS:
            raise ValidationError({"detail": _("Send an array of at most %(limit)s devices.") % {"limit": MAX_ROWS}})
        drafts, errors = validate_rows(rows)
        stored, existing = services.devices_create(drafts=drafts, invalid=errors, atomic=atomic, at=self.at)
        errors |= existing
        body = {
            "created": [stored[index].path for index in sorted(stored)],
            "errors": [{"index": index, **errors[index]} for index in sorted(errors)],
        }
        return Response(body, status.HTTP_201_CREATED if stored else status.HTTP_400_BAD_REQUEST)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Returns a serializer of an array, which DRF's browsable page shows as the example of a body."""
        return super().get_serializer(*args, many=True, **kwargs)
