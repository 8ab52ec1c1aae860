"""The API of officers and their tokens, for the traffic office."""

from typing import Any

from rest_framework import status
from rest_framework.generics import ListCreateAPIView, RetrieveUpdateDestroyAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from accounts.session_serializers import IdentitySerializer
from accounts.sudo import confirm_identity
from common.api.crud import CrudView
from common.api.schema import documented
from common.api.views import ApiView
from infractions import services, tokens
from infractions.models import Officer
from infractions.serializers import (
    OfficerCreatedSerializer,
    OfficerParameters,
    OfficerSerializer,
    OfficerTokenInput,
    OfficerTokenSerializer,
)


class OfficerListView(CrudView, ListCreateAPIView[Officer]):
    created_route = ("officer", "officer_id")
    secret_fields = {"token"}
    queryset = Officer.objects.all()
    serializer_class = OfficerSerializer
    parameters_class = OfficerParameters
    descriptions = {"GET": "`q` searches names and badge numbers. No token is shown."}

    @documented(
        summary="Add an officer",
        body=OfficerSerializer,
        answers={201: OfficerCreatedSerializer},
        errors=(400, 401, 403),
        description="Pass `token` on to the officer: no other call shows it again.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        officer, token = services.officer_create(**self.validate_body(), by=current_user(request))
        answer = {**OfficerSerializer(officer).data, "token": token}
        return Response(answer, status.HTTP_201_CREATED)


class OfficerView(CrudView, RetrieveUpdateDestroyAPIView[Officer]):
    queryset = Officer.objects.all()
    serializer_class = OfficerSerializer
    lookup_url_kwarg = "officer_id"
    descriptions = {
        "GET": "The token is not shown.",
        "PUT": "Without `user` the officer has no linked account. Without `token_expires` that stays. The token does "
        "not change.",
        "PATCH": "The token does not change.",
        "DELETE": "409 if the officer recorded an infraction. To dismiss such an officer, revoke the token and set "
        "`user` to null.",
    }

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.officer_update(officer=serializer.instance, **serializer.validated_data)

    def perform_destroy(self, instance: Officer) -> None:
        services.row_delete(row=instance)


class OfficerTokenView(ApiView):
    queryset = Officer.objects.all()
    serializer_class = IdentitySerializer
    lookup_url_kwarg = "officer_id"
    required_permissions = {"POST": "infractions.change_officer", "DELETE": "infractions.change_officer"}

    @documented(
        summary="Give an officer a new token",
        body=OfficerTokenInput,
        answers={200: OfficerTokenSerializer},
        errors=(400, 401, 403, 404, 429),
        description="The old token stops working at once. No other call shows the new one again. The body carries the "
        "caller's `password`, and `otp` if the caller has a second factor. Without `token_expires`, the time at which "
        "the old token would have expired stays if it is in the future.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        data, officer = self.validate_body(OfficerTokenInput), self.get_object()
        confirm_identity(request, data)
        expires = data.get("token_expires")
        token = tokens.token_rotate(officer=officer, token_expires=expires, by=current_user(request), at=self.at)
        return Response({"token": token})

    @documented(
        summary="Revoke an officer's token",
        body=IdentitySerializer,
        answers={204: None},
        errors=(400, 401, 403, 404, 429),
        description="Also succeeds if the officer has no token. The body carries the same as for a new token.",
    )
    def delete(self, request: Request, **kwargs: Any) -> Response:
        data, officer = self.validate_body(), self.get_object()
        confirm_identity(request, data)
        tokens.token_revoke(officer=officer, by=current_user(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
