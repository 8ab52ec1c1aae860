"""The API of persons and vehicles, for the traffic office."""

from typing import Any

from rest_framework.generics import ListCreateAPIView, RetrieveUpdateDestroyAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.crud import CrudView
from common.api.schema import documented
from common.api.views import ApiView
from infractions import sales, services
from infractions.infraction_serializers import MoveParameters, MovePreviewSerializer
from infractions.models import Person, Vehicle
from infractions.report_query import MAX_REPORT_RESULTS
from infractions.serializers import (
    PersonParameters,
    PersonSerializer,
    VehicleDetailSerializer,
    VehicleInput,
    VehicleParameters,
    VehicleUpdateInput,
)

MOVE_PERMISSION = "infractions.change_infraction"


class PersonListView(CrudView, ListCreateAPIView[Person]):
    created_route = ("person", "person_id")
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    parameters_class = PersonParameters
    descriptions = {
        "GET": "`q` searches names and email addresses.",
        "POST": "A person needs no account. An account that has confirmed the address sees the report.",
    }

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.person_create(**serializer.validated_data)


class PersonView(CrudView, RetrieveUpdateDestroyAPIView[Person]):
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    lookup_url_kwarg = "person_id"
    descriptions = {
        "GET": "The vehicles of a person are at `/api/v3/vehicles/?owner=`.",
        **dict.fromkeys(
            ("PUT", "PATCH"),
            "An account that has confirmed the new address sees the report, and one with the old address does not.",
        ),
        "DELETE": "409 if the person owns or owned a vehicle, or has an infraction.",
    }

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.person_update(person=serializer.instance, **serializer.validated_data)

    def perform_destroy(self, instance: Person) -> None:
        services.row_delete(row=instance)


class VehicleListView(CrudView, ListCreateAPIView[Vehicle]):
    created_route = ("vehicle", "vehicle_id")
    queryset = Vehicle.objects.with_owners()
    serializer_class = VehicleDetailSerializer
    input_serializer_class = VehicleInput
    parameters_class = VehicleParameters
    descriptions = {
        "GET": "Each with all its owners.",
        "POST": "`owner` counts as the owner at all earlier times as well.",
    }

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.vehicle_create(**serializer.validated_data)


class VehicleView(CrudView, RetrieveUpdateDestroyAPIView[Vehicle]):
    queryset = Vehicle.objects.with_owners()
    serializer_class = VehicleDetailSerializer
    input_serializer_class = VehicleUpdateInput
    lookup_url_kwarg = "vehicle_id"
    descriptions = {
        "GET": "The vehicle with all its owners.",
        "DELETE": "409 if the vehicle has an infraction or was ever sold.",
        **dict.fromkeys(
            ("PUT", "PATCH"),
            "A new owner has the vehicle since now, or since `owner_since`. A sale moves no infraction. With "
            "`move_infractions` (permission `change_infraction`), those since the last sale that are still the "
            "seller's go to the buyer, also if the owner does not change in this call. Who had them is kept, and one "
            "with an objection stays. `/infractions_to_move/` shows them first.",
        ),
    }
    extra_errors = {"PUT": {409}, "PATCH": {409}}

    def perform_update(self, serializer: Any) -> None:
        changes, vehicle = serializer.validated_data, serializer.instance
        if changes.get("move_infractions") and not self.request.user.has_perm(MOVE_PERMISSION):
            self.permission_denied(self.request)
        services.vehicle_update(vehicle=vehicle, by=current_user(self.request), at=self.at, **changes)
        serializer.instance = self.get_queryset().get(pk=vehicle.pk)

    def perform_destroy(self, instance: Vehicle) -> None:
        services.row_delete(row=instance)


class MovePreviewView(ApiView):
    queryset = Vehicle.objects.all()
    lookup_url_kwarg = "vehicle_id"
    required_permissions = {"GET": MOVE_PERMISSION}

    @documented(
        summary="The infractions that `move_infractions` would move",
        query=MoveParameters,
        answers={200: MovePreviewSerializer},
        errors=(400, 401, 403, 404),
        description="Changes nothing. Those since the vehicle's last sale that are still the seller's; with "
        "`owner_since`, those since a sale by the present owner that is not entered yet.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        vehicle = self.get_object()
        since = self.validate_query(MoveParameters).validated_data.get("owner_since")
        found = sales.infractions_sold_with(vehicle, since).select_related("vehicle", "officer", "objection")
        moving = list(found.without_objection()[:MAX_REPORT_RESULTS])
        count = len(moving) if len(moving) < MAX_REPORT_RESULTS else found.without_objection().count()
        staying = found.with_objection()[:MAX_REPORT_RESULTS]
        preview = {"count": count, "results": moving, "staying": staying}
        return Response(MovePreviewSerializer(preview).data)
