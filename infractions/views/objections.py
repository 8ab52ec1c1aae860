"""The API of objections: the owner objects to an infraction, and the traffic office answers."""

from typing import Any

from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.output import represent
from common.api.schema import documented
from common.api.views import ApiView
from infractions import objections
from infractions.authentication import calling_officer
from infractions.infraction_serializers import InfractionSerializer, ObjectionAnswerInput, ObjectionInput
from infractions.models import Infraction


class ObjectionView(ApiView):
    queryset = Infraction.objects.select_related("vehicle", "officer")
    serializer_class = ObjectionInput
    creates_rows = True

    @documented(
        summary="Object to an infraction",
        body=ObjectionInput,
        answers={201: InfractionSerializer},
        errors=(400, 401, 403, 404, 409),
        description="For the owner on file, by their confirmed email address. Others who may see the infraction get "
        "403, everyone else 404. 409 if there is an objection already, if the infraction is void, or if its time for "
        "objections is over. The traffic office is told by email.",
    )
    def post(self, request: Request, version: str, infraction_id: int) -> Response:
        user = current_user(request)
        infraction = self.queryset.owned_by(user).filter(pk=infraction_id).first()
        if infraction is None:
            visible = Infraction.objects.visible_to(user, calling_officer(request))
            get_object_or_404(visible.only("pk"), pk=infraction_id)
        text = self.validate_body()["text"]
        if infraction is None:
            self.permission_denied(request)
        objected = objections.objection_create(infraction=infraction, text=text, by=user, at=self.at)
        return Response(represent(InfractionSerializer, objected), status.HTTP_201_CREATED)


class ObjectionAnswerView(ApiView):
    queryset = Infraction.objects.filter(objection__isnull=False)
    serializer_class = ObjectionAnswerInput
    lookup_url_kwarg = "infraction_id"
    required_permissions = {"POST": "infractions.change_infraction"}

    @documented(
        summary="Answer an objection",
        body=ObjectionAnswerInput,
        answers={200: InfractionSerializer},
        errors=(400, 401, 403, 404, 409),
        description="Upholding the objection voids the infraction. The owner is told by email. 404 if there is no "
        "objection, and 409 if it is already answered.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        infraction, body = self.get_object(), self.validate_body()
        answered = objections.objection_answer(infraction=infraction, **body, by=current_user(request), at=self.at)
        return Response(represent(InfractionSerializer, answered))
