"""The API of persons and vehicles, for the traffic office."""

from typing import Any

from rest_framework.generics import ListCreateAPIView, RetrieveUpdateDestroyAPIView

from accounts.authentication import current_user
from common.api.crud import CrudView
from infractions import services
from infractions.models import Person, Vehicle
from infractions.serializers import PersonParameters, PersonSerializer, VehicleParameters, VehicleSerializer

OWNER_CHANGES = "A new owner is recorded with the time of the change; earlier infractions stay with the former owner."


class PersonListView(CrudView, ListCreateAPIView[Person]):
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    parameters_class = PersonParameters

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.person_create(**serializer.validated_data)


class PersonView(CrudView, RetrieveUpdateDestroyAPIView[Person]):
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    lookup_url_kwarg = "person_id"
    descriptions = {"DELETE": "409 if the person owns or owned a vehicle, or has an infraction."}

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.person_update(person=serializer.instance, **serializer.validated_data)

    def perform_destroy(self, instance: Person) -> None:
        services.row_delete(row=instance)


class VehicleListView(CrudView, ListCreateAPIView[Vehicle]):
    queryset = Vehicle.objects.all()
    serializer_class = VehicleSerializer
    parameters_class = VehicleParameters
    descriptions = {"POST": "`owner` counts as the owner at all earlier times as well."}

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.vehicle_create(**serializer.validated_data)


class VehicleView(CrudView, RetrieveUpdateDestroyAPIView[Vehicle]):
    queryset = Vehicle.objects.all()
    serializer_class = VehicleSerializer
    lookup_url_kwarg = "vehicle_id"
    descriptions = {
        "PUT": OWNER_CHANGES,
        "PATCH": OWNER_CHANGES,
        "DELETE": "409 if the vehicle has an infraction or was ever sold.",
    }

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.vehicle_update(
            vehicle=serializer.instance, by=current_user(self.request), at=self.at, **serializer.validated_data
        )

    def perform_destroy(self, instance: Vehicle) -> None:
        services.row_delete(row=instance)
