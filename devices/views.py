"""The device registry, for device managers."""

from django.utils.translation import gettext as _
from drf_yasg import openapi
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.schema import documented, page_of
from common.api.views import ApiView
from common.pagination import Keyset
from devices import services
from devices.bulk import MAX_ROWS, rows_read
from devices.models import Device
from devices.serializers import (
    DeviceBulkParameters,
    DeviceBulkSerializer,
    DeviceInput,
    DeviceParameters,
    DeviceRow,
    DeviceSerializer,
)

NOTHING_STORED = openapi.Response(
    "No row was stored, or the request is no array of 1 to 1,000 rows.",
    DeviceBulkSerializer,
    examples={"application/json": {"created": [], "errors": [{"index": 0, "id": [services.ID_TAKEN]}]}},
)


class DeviceListView(ApiView):
    keyset = Keyset(Device, "-created_at", "-slug")
    required_permissions = {"GET": "devices.view_device", "POST": "devices.add_device"}

    @documented(
        summary="Devices, newest first",
        query=DeviceParameters,
        answers={200: page_of(DeviceSerializer)},
        errors=(400, 401, 403),
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(DeviceParameters)
        devices = Device.objects.wanted(**parameters.filters())
        return self.page(devices, parameters, DeviceSerializer)

    @documented(
        summary="Add a device",
        body=DeviceInput,
        answers={201: DeviceSerializer},
        errors=(400, 401, 403),
        description="An unknown device model is registered by its first device.",
    )
    def post(self, request: Request, version: str) -> Response:
        device = services.device_create(**self.valid(DeviceInput).validated_data, at=self.at)
        return Response(DeviceSerializer(device).data, status.HTTP_201_CREATED)


class DeviceBulkView(ApiView):
    required_permissions = {"POST": "devices.add_device"}

    @documented(
        summary="Add many devices",
        body=DeviceRow(many=True),
        query=DeviceBulkParameters,
        answers={201: DeviceBulkSerializer, 400: NOTHING_STORED},
        errors=(401, 403),
        description="At most 1,000. 201 if any was stored; what is wrong with the others is told by their index.",
    )
    def post(self, request: Request, version: str) -> Response:
        parameters = DeviceBulkParameters(data=request.query_params.dict())
        parameters.is_valid(raise_exception=True)
        rows = request.data
        if not isinstance(rows, list) or len(rows) > MAX_ROWS:
            raise ValidationError({"detail": _("Send an array of at most %(most)s devices.") % {"most": MAX_ROWS}})
        drafts, errors = rows_read(rows)
        stored, refused = services.devices_create(
            drafts=drafts, refused=errors, atomic=parameters.validated_data["atomic"], at=self.at
        )
        errors |= refused
        answer = {
            "created": [stored[index].path for index in sorted(stored)],
            "errors": [{"index": index, **errors[index]} for index in sorted(errors)],
        }
        return Response(answer, status.HTTP_201_CREATED if stored else status.HTTP_400_BAD_REQUEST)


class DeviceView(ApiView):
    required_permissions = {
        "GET": "devices.view_device",
        "PUT": "devices.change_device",
        "PATCH": "devices.change_device",
        "DELETE": "devices.delete_device",
    }

    @documented(summary="A device", answers={200: DeviceSerializer}, errors=(401, 403, 404))
    def get(self, request: Request, version: str, slug: str) -> Response:
        return Response(DeviceSerializer(self.device(slug)).data)

    @documented(
        summary="Replace a device",
        body=DeviceInput,
        answers={200: DeviceSerializer},
        errors=(400, 401, 403, 404),
        description="Its id does not change: another one is 400. Without a serial it keeps the one it has.",
    )
    def put(self, request: Request, version: str, slug: str) -> Response:
        return self.change(slug, partial=False)

    @documented(
        summary="Change a device",
        body=DeviceInput,
        answers={200: DeviceSerializer},
        errors=(400, 401, 403, 404),
        description="Its id does not change: another one is 400.",
    )
    def patch(self, request: Request, version: str, slug: str) -> Response:
        return self.change(slug, partial=True)

    @documented(summary="Delete a device", answers={204: None}, errors=(401, 403, 404))
    def delete(self, request: Request, version: str, slug: str) -> Response:
        services.device_delete(device=self.device(slug))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def change(self, slug: str, *, partial: bool) -> Response:
        device = self.device(slug)
        changes = self.valid(DeviceInput, device, partial=partial).validated_data
        changes.pop("slug", None)
        return Response(DeviceSerializer(services.device_update(device=device, at=self.at, **changes)).data)

    def device(self, slug: str) -> Device:
        return get_object_or_404(Device.objects.defer("search"), pk=slug)
