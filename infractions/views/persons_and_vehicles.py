"""The register of the traffic office: persons and their vehicles."""

from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.schema import documented, page_of
from common.api.views import ApiView
from common.pagination import Keyset
from infractions import services
from infractions.models import Person, Vehicle
from infractions.serializers import OwnerParameters, OwnerSerializer, VehicleParameters, VehicleSerializer

KEPT = "An owner's change is kept with its time; infractions stay with the owner of then."


class PersonListView(ApiView):
    keyset = Keyset(Person, "-id")
    required_permissions = {"GET": "infractions.view_person", "POST": "infractions.add_person"}

    @documented(
        summary="Persons, newest first",
        query=OwnerParameters,
        answers={200: page_of(OwnerSerializer)},
        errors=(400, 401, 403),
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(OwnerParameters)
        wanted, persons = parameters.filters(), Person.objects.all()
        if "email" in wanted:
            persons = persons.by_email(wanted["email"])
        return self.page(persons, parameters, OwnerSerializer)

    @documented(summary="Add a person", body=OwnerSerializer, answers={201: OwnerSerializer}, errors=(400, 401, 403))
    def post(self, request: Request, version: str) -> Response:
        person = services.person_create(**self.valid(OwnerSerializer).validated_data)
        return Response(OwnerSerializer(person).data, status.HTTP_201_CREATED)


class PersonView(ApiView):
    required_permissions = {
        "GET": "infractions.view_person",
        "PUT": "infractions.change_person",
        "PATCH": "infractions.change_person",
        "DELETE": "infractions.delete_person",
    }

    @documented(summary="A person", answers={200: OwnerSerializer}, errors=(401, 403, 404))
    def get(self, request: Request, version: str, person_id: int) -> Response:
        return Response(OwnerSerializer(self.person(person_id)).data)

    @documented(
        summary="Replace a person",
        body=OwnerSerializer,
        answers={200: OwnerSerializer},
        errors=(400, 401, 403, 404),
    )
    def put(self, request: Request, version: str, person_id: int) -> Response:
        return self.change(person_id, partial=False)

    @documented(
        summary="Change a person", body=OwnerSerializer, answers={200: OwnerSerializer}, errors=(400, 401, 403, 404)
    )
    def patch(self, request: Request, version: str, person_id: int) -> Response:
        return self.change(person_id, partial=True)

    @documented(
        summary="Delete a person",
        answers={204: None},
        errors=(401, 403, 404, 409),
        description="Whoever owns or owned a vehicle, or has an infraction, is not deleted: 409.",
    )
    def delete(self, request: Request, version: str, person_id: int) -> Response:
        services.row_delete(row=self.person(person_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def change(self, person_id: int, *, partial: bool) -> Response:
        person = self.person(person_id)
        data = self.valid(OwnerSerializer, person, partial=partial).validated_data
        return Response(OwnerSerializer(services.person_update(person=person, **data)).data)

    def person(self, person_id: int) -> Person:
        return get_object_or_404(Person.objects.all(), pk=person_id)


class VehicleListView(ApiView):
    keyset = Keyset(Vehicle, "-id")
    required_permissions = {"GET": "infractions.view_vehicle", "POST": "infractions.add_vehicle"}

    @documented(
        summary="Vehicles, newest first",
        query=VehicleParameters,
        answers={200: page_of(VehicleSerializer)},
        errors=(400, 401, 403),
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(VehicleParameters)
        wanted, vehicles = parameters.filters(), Vehicle.objects.all()
        if "license_plate" in wanted:
            vehicles = vehicles.by_plate(wanted["license_plate"])
        if "owner" in wanted:
            vehicles = vehicles.filter(owner=wanted["owner"])
        return self.page(vehicles, parameters, VehicleSerializer)

    @documented(
        summary="Add a vehicle",
        body=VehicleSerializer,
        answers={201: VehicleSerializer},
        errors=(400, 401, 403),
        description="Its owner counts as such from the beginning.",
    )
    def post(self, request: Request, version: str) -> Response:
        vehicle = services.vehicle_create(**self.valid(VehicleSerializer).validated_data)
        return Response(VehicleSerializer(vehicle).data, status.HTTP_201_CREATED)


class VehicleView(ApiView):
    required_permissions = {
        "GET": "infractions.view_vehicle",
        "PUT": "infractions.change_vehicle",
        "PATCH": "infractions.change_vehicle",
        "DELETE": "infractions.delete_vehicle",
    }

    @documented(summary="A vehicle", answers={200: VehicleSerializer}, errors=(401, 403, 404))
    def get(self, request: Request, version: str, vehicle_id: int) -> Response:
        return Response(VehicleSerializer(self.vehicle(vehicle_id)).data)

    @documented(
        summary="Replace a vehicle",
        body=VehicleSerializer,
        answers={200: VehicleSerializer},
        errors=(400, 401, 403, 404),
        description=KEPT,
    )
    def put(self, request: Request, version: str, vehicle_id: int) -> Response:
        return self.change(vehicle_id, partial=False)

    @documented(
        summary="Change a vehicle",
        body=VehicleSerializer,
        answers={200: VehicleSerializer},
        errors=(400, 401, 403, 404),
        description=KEPT,
    )
    def patch(self, request: Request, version: str, vehicle_id: int) -> Response:
        return self.change(vehicle_id, partial=True)

    @documented(
        summary="Delete a vehicle",
        answers={204: None},
        errors=(401, 403, 404, 409),
        description="One that has an infraction, or changed its owner, is not deleted: 409.",
    )
    def delete(self, request: Request, version: str, vehicle_id: int) -> Response:
        services.row_delete(row=self.vehicle(vehicle_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def change(self, vehicle_id: int, *, partial: bool) -> Response:
        vehicle = self.vehicle(vehicle_id)
        data = self.valid(VehicleSerializer, vehicle, partial=partial).validated_data
        by = current_user(self.request)
        return Response(VehicleSerializer(services.vehicle_update(vehicle=vehicle, by=by, at=self.at, **data)).data)

    def vehicle(self, vehicle_id: int) -> Vehicle:
        return get_object_or_404(Vehicle.objects.all(), pk=vehicle_id)
