"""The API of holds."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.output import represent
from common.api.schema import documented, page_of
from common.api.views import ApiView
from rentals.holds import hold_cancel, hold_create
from rentals.models import Hold, HoldQuerySet
from rentals.serializers import HoldInput, HoldParameters, HoldSerializer


class HoldBaseView(ApiView):
    """The base class of the views of holds."""

    queryset = Hold.objects.all()

    def holds(self) -> HoldQuerySet:
        """Returns the holds that the caller may see, with their place in the line."""
        return Hold.objects.with_place().visible_to(current_user(self.request))


class HoldListView(HoldBaseView):
    created_route = ("hold", "hold_id")
    serializer_class = HoldInput
    parameters_class = HoldParameters

    @documented(
        summary="Holds, newest first",
        query=HoldParameters,
        answers={200: page_of(HoldSerializer)},
        errors=(400, 401),
        description="Staff see all holds, residents their own.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.paginated_response(self.holds(), HoldSerializer)

    @documented(
        summary="Place a hold",
        body=HoldInput,
        answers={201: HoldSerializer},
        errors=(400, 401, 403, 409),
        description="Residents wait for a book for themselves, staff place holds for any resident. A copy that is "
        "returned is set aside for the first in line for `HOLD_DAYS`, who gets an email; renting the book fulfils the "
        "hold. 409 if the resident has the book, an open hold on it, or `MAX_HOLDS` open holds, or if a copy can be "
        "rented now.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        body = self.validate_body()
        hold = hold_create(user=body["user"], book=body["book"], at=self.at)
        answer = represent(HoldSerializer, Hold.objects.with_place().get(pk=hold.pk))
        return Response(answer, status.HTTP_201_CREATED)


class HoldView(HoldBaseView):
    @documented(
        summary="A hold",
        answers={200: HoldSerializer},
        errors=(401, 404),
        description="For the resident and for staff. `place` is 1 for the first who waits, and null for a hold that "
        "does not wait.",
    )
    def get(self, request: Request, hold_id: int, **kwargs: Any) -> Response:
        return Response(represent(HoldSerializer, get_object_or_404(self.holds(), pk=hold_id)))

    @documented(
        summary="Cancel a hold",
        answers={204: None},
        errors=(401, 403, 404, 409),
        description="For the resident and for staff. The hold is kept as cancelled, and a copy that was set aside for "
        "it goes to the next in line. 409 if the hold has ended.",
    )
    def delete(self, request: Request, hold_id: int, **kwargs: Any) -> Response:
        caller = current_user(request)
        hold: Hold = get_object_or_404(Hold.objects.visible_to(caller), pk=hold_id)
        if hold.user_id != caller.pk and not caller.has_perm("rentals.delete_hold"):
            raise PermissionDenied
        hold_cancel(hold=hold, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)
