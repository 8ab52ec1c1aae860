"""Officers and their tokens, kept by the traffic office."""

from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.schema import documented, page_of
from common.api.views import ApiView
from common.pagination import Keyset
from infractions import services, tokens
from infractions.models import Officer
from infractions.serializers import (
    OfficerCreatedSerializer,
    OfficerParameters,
    OfficerSerializer,
    OfficerTokenSerializer,
)
from infractions.views.infractions import NOT_KEPT


class OfficerListView(ApiView):
    keyset = Keyset(Officer, "-id")
    required_permissions = {"GET": "infractions.view_officer", "POST": "infractions.add_officer"}

    @documented(
        summary="Officers, newest first",
        query=OfficerParameters,
        answers={200: page_of(OfficerSerializer)},
        errors=(400, 401, 403),
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(OfficerParameters)
        officers = Officer.objects.filter(**parameters.filters())
        return self.page(officers, parameters, OfficerSerializer)

    @documented(
        summary="Add an officer",
        body=OfficerSerializer,
        answers={201: OfficerCreatedSerializer},
        errors=(400, 401, 403),
        description="`token` is shown this once: pass it on to the officer.",
    )
    def post(self, request: Request, version: str) -> Response:
        officer, token = services.officer_create(**self.valid(OfficerSerializer).validated_data)
        answer = {**OfficerSerializer(officer).data, "token": token}
        return Response(answer, status.HTTP_201_CREATED, headers=NOT_KEPT)


class OfficerView(ApiView):
    required_permissions = {
        "GET": "infractions.view_officer",
        "PUT": "infractions.change_officer",
        "PATCH": "infractions.change_officer",
        "DELETE": "infractions.delete_officer",
    }

    @documented(summary="An officer", answers={200: OfficerSerializer}, errors=(401, 403, 404))
    def get(self, request: Request, version: str, officer_id: int) -> Response:
        return Response(OfficerSerializer(officer_found(officer_id)).data)

    @documented(
        summary="Replace an officer",
        body=OfficerSerializer,
        answers={200: OfficerSerializer},
        errors=(400, 401, 403, 404),
        description="Without a `user` the officer has none. The token stays.",
    )
    def put(self, request: Request, version: str, officer_id: int) -> Response:
        return self.change(officer_id, partial=False)

    @documented(
        summary="Change an officer",
        body=OfficerSerializer,
        answers={200: OfficerSerializer},
        errors=(400, 401, 403, 404),
        description="The token stays.",
    )
    def patch(self, request: Request, version: str, officer_id: int) -> Response:
        return self.change(officer_id, partial=True)

    @documented(
        summary="Delete an officer",
        answers={204: None},
        errors=(401, 403, 404, 409),
        description="One who recorded an infraction is not deleted: 409. To dismiss an officer, revoke the token "
        "and set `user` to null.",
    )
    def delete(self, request: Request, version: str, officer_id: int) -> Response:
        services.row_delete(row=officer_found(officer_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def change(self, officer_id: int, *, partial: bool) -> Response:
        officer = officer_found(officer_id)
        data = self.valid(OfficerSerializer, officer, partial=partial).validated_data
        return Response(OfficerSerializer(services.officer_update(officer=officer, **data)).data)


class OfficerTokenView(ApiView):
    required_permissions = {"POST": "infractions.change_officer", "DELETE": "infractions.change_officer"}

    @documented(
        summary="Give an officer a new token",
        answers={200: OfficerTokenSerializer},
        errors=(401, 403, 404),
        description="The one before it is dead. `token` is shown this once.",
    )
    def post(self, request: Request, version: str, officer_id: int) -> Response:
        token = tokens.token_rotate(officer=officer_found(officer_id))
        return Response({"token": token}, headers=NOT_KEPT)

    @documented(
        summary="Revoke an officer's token",
        answers={204: None},
        errors=(401, 403, 404),
        description="Also when there is none.",
    )
    def delete(self, request: Request, version: str, officer_id: int) -> Response:
        tokens.token_revoke(officer=officer_found(officer_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def officer_found(officer_id: int) -> Officer:
    return get_object_or_404(Officer.objects.all(), pk=officer_id)
