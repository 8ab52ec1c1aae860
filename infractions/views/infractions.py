"""Infractions: recorded by officers, read by them and by the traffic office, which voids."""

from typing import Any, cast

from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.schema import documented, page_of
from common.api.views import ApiView
from common.pagination import Keyset
from infractions import serializers, services
from infractions.authentication import OfficerAuthentication, officer_of
from infractions.models import Infraction, InfractionQuerySet, Officer, Vehicle

OFFICERS = "Officers send `Authorization: Token <their 30 characters>`, or the access token of their account. "
NOT_KEPT = {"Cache-Control": "no-store"}  # of an answer that holds a token or personal data
FILTERS = {"vehicle": "vehicle", "officer": "officer", "after": "timestamp__gt", "before": "timestamp__lt"}


class OfficersView(ApiView):
    """A view that an officer's token opens as well. `self.officer` is the officer who calls, if it is one."""

    authentication_classes = [OfficerAuthentication, *ApiView.authentication_classes]
    officer: Officer | None

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        self.officer = officer_of(request)
        if request.method != "OPTIONS" and not self.is_open(request):
            self.permission_denied(request)

    def is_open(self, request: Request) -> bool:
        """Officers may do all that there is, staff may read."""
        is_reading = request.method in ("GET", "HEAD")
        return self.officer is not None or (is_reading and request.user.has_perm("infractions.view_infraction"))

    def infractions(self) -> InfractionQuerySet:
        """What the caller may see, with what is shown of it."""
        shown = Infraction.objects.select_related("vehicle", "officer")
        return shown.visible_to(self.request.user, self.officer)


class InfractionListView(OfficersView):
    keyset = Keyset(Infraction, "-timestamp", "-id")

    @documented(
        summary="Infractions, newest first",
        query=serializers.InfractionParameters,
        answers={200: page_of(serializers.InfractionSerializer)},
        errors=(400, 401, 403),
        description="Staff see all, officers what they recorded. " + OFFICERS,
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(serializers.InfractionParameters)
        wanted: dict[str, Any] = parameters.filters()
        if "license_plate" in wanted:  # as a value, so that the index of the vehicle's infractions is walked
            wanted["vehicle"] = Vehicle.objects.by_plate(wanted.pop("license_plate")).values("pk")[:1]
        filters = {FILTERS[name]: value for name, value in wanted.items()}
        return self.page(self.infractions().filter(**filters), parameters, serializers.InfractionSerializer)

    @documented(
        summary="Record an infraction",
        body=serializers.InfractionInput,
        answers={201: serializers.InfractionSerializer},
        errors=(400, 401, 403, 404),
        description=OFFICERS + "It goes to whoever owned the vehicle at `timestamp`. 404: no vehicle has the plate.",
    )
    def post(self, request: Request, version: str) -> Response:
        data = self.valid(serializers.InfractionInput).validated_data
        infraction = services.infraction_record(
            plate=data["license_plate"],
            comments=data["comments"],
            timestamp=data.get("timestamp"),
            officer=cast("Officer", self.officer),  # is_open lets nobody else record
            at=self.at,
        )
        return Response(serializers.InfractionSerializer(infraction).data, status.HTTP_201_CREATED)


class InfractionView(OfficersView):
    @documented(
        summary="An infraction",
        answers={200: serializers.InfractionSerializer},
        errors=(401, 403, 404),
        description="For staff, and the officer who recorded it. " + OFFICERS,
    )
    def get(self, request: Request, version: str, infraction_id: int) -> Response:
        infraction = get_object_or_404(self.infractions(), pk=infraction_id)
        return Response(serializers.InfractionSerializer(infraction).data)


class InfractionVoidView(ApiView):
    required_permissions = {"POST": "infractions.change_infraction"}

    @documented(
        summary="Void an infraction",
        body=serializers.InfractionVoidInput,
        answers={200: serializers.InfractionSerializer},
        errors=(400, 401, 403, 404, 409),
        description="It counts no more; a second time is 409.",
    )
    def post(self, request: Request, version: str, infraction_id: int) -> Response:
        shown = Infraction.objects.select_related("vehicle", "officer")
        infraction = get_object_or_404(shown, pk=infraction_id)
        reason = self.valid(serializers.InfractionVoidInput).validated_data["reason"]
        voided = services.infraction_void(infraction=infraction, reason=reason, by=current_user(request), at=self.at)
        return Response(serializers.InfractionSerializer(voided).data)
