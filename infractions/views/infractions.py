"""The API of infractions: officers record them, and the traffic office reads and voids them."""

from typing import Any, cast

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.output import represent
from common.api.schema import documented, page_of
from common.api.views import ApiView
from infractions import services
from infractions.authentication import OfficerAuthentication, calling_officer
from infractions.infraction_serializers import (
    InfractionInput,
    InfractionParameters,
    InfractionSerializer,
    InfractionVoidInput,
)
from infractions.models import Infraction, InfractionQuerySet, Officer

OFFICER_CREDENTIALS = "Officers send `Authorization: Token <30 characters>`, or the access token of their account. "


class OfficerApiView(ApiView):
    """An endpoint for officers and staff, which an officer's token opens as well.

    `self.officer` is the officer who makes the request, or None if it is someone else.
    """

    authentication_classes = [OfficerAuthentication, *ApiView.authentication_classes]
    queryset = Infraction.objects.prefetch_related("vehicle", "officer", "objection")
    officer: Officer | None = None

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        self.officer = calling_officer(request)
        if request.method != "OPTIONS" and not self.is_allowed(request):
            self.permission_denied(request)

    def is_allowed(self, request: Request) -> bool:
        """Officers may use every method, staff may read."""
        is_reading = request.method in ("GET", "HEAD")
        return self.officer is not None or (is_reading and request.user.has_perm("infractions.view_infraction"))

    def caller_name(self) -> str:
        """Returns "officer 3" for a token, else "user 7"."""
        token = self.request.auth
        return f"officer {token.pk}" if isinstance(token, Officer) else super().caller_name()

    def filter_queryset(self, queryset: Any) -> Any:
        """Returns the infractions that the caller may see; `get_object` finds only these."""
        infractions = cast("InfractionQuerySet", super().filter_queryset(queryset))
        return infractions.visible_to(self.request.user, self.officer)


class InfractionListView(OfficerApiView):
    created_route = ("infraction", "infraction_id")
    serializer_class = InfractionInput
    parameters_class = InfractionParameters

    @documented(
        summary="Infractions, newest first",
        query=InfractionParameters,
        answers={200: page_of(InfractionSerializer)},
        errors=(400, 401, 403),
        description="Staff see all infractions, officers those that they recorded. " + OFFICER_CREDENTIALS,
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.paginated_response(self.filter_queryset(self.get_queryset()), InfractionSerializer)

    @documented(
        summary="Record an infraction",
        body=InfractionInput,
        answers={201: InfractionSerializer},
        errors=(400, 401, 403, 404),
        description=OFFICER_CREDENTIALS + "The infraction is that of the person who owned the vehicle at `timestamp`. "
        "404 if no vehicle has the license plate.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        body = self.validate_body()
        infraction = services.infraction_record(
            plate=body["license_plate"],
            comments=body["comments"],
            timestamp=body.get("timestamp"),
            officer=cast("Officer", self.officer),  # is_allowed lets only officers record
            at=self.at,
        )
        return Response(represent(InfractionSerializer, infraction), status.HTTP_201_CREATED)


class InfractionView(OfficerApiView):
    lookup_url_kwarg = "infraction_id"

    @documented(
        summary="An infraction",
        answers={200: InfractionSerializer},
        errors=(401, 403, 404),
        description="For staff and for the officer who recorded it. " + OFFICER_CREDENTIALS,
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(represent(InfractionSerializer, self.get_object()))


class InfractionVoidView(ApiView):
    queryset = Infraction.objects.select_related("vehicle", "officer", "objection")
    serializer_class = InfractionVoidInput
    lookup_url_kwarg = "infraction_id"
    required_permissions = {"POST": "infractions.change_infraction"}

    @documented(
        summary="Void an infraction",
        body=InfractionVoidInput,
        answers={200: InfractionSerializer},
        errors=(400, 401, 403, 404, 409),
        description="A void infraction no longer counts. 409 if it is already void.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        infraction, reason = self.get_object(), self.validate_body()["reason"]
        services.infraction_void(infraction=infraction, reason=reason, by=current_user(request), at=self.at)
        return Response(represent(InfractionSerializer, infraction))
