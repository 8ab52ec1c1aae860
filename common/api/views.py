"""The view that every endpoint starts from."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from common.api.permissions import MethodPermission
from common.api.schema import AutoSchema
from common.api.serializers import ListParameters
from common.pagination import Keyset


class ApiView(APIView):
    """A view that reads the time once (`self.at`) and whose refusals come in one order: 405, 401, 403, body, rows."""

    permission_classes = [MethodPermission]
    public_methods: ClassVar[set[str]] = set()
    required_permissions: ClassVar[dict[str, str]] = {}
    keyset: ClassVar[Keyset]  # the order of the rows, where the view is a list
    swagger_schema: ClassVar[type[AutoSchema] | None] = AutoSchema  # None on a route that stands for another

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.at = timezone.now()
        super().initial(request, *args, **kwargs)
        request.data  # noqa: B018  a body of another type is 415, a broken one 400, also where none is wanted

    def perform_authentication(self, request: Request) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().perform_authentication(request)

    def valid(self, serializer_class: type[Serializer], instance: Any = None, *, partial: bool = False) -> Serializer:
        """The serializer over the body, checked; every bad field is named in one 400."""
        serializer = serializer_class(
            instance, data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return serializer

    def list_parameters(self, serializer_class: type[ListParameters] = ListParameters) -> ListParameters:
        """The query parameters, checked; every bad one is named in one 400."""
        context = {**self.get_serializer_context(), "keyset": getattr(self, "keyset", None)}
        parameters = serializer_class(data=self.request.query_params.dict(), context=context)
        parameters.is_valid(raise_exception=True)
        return parameters

    def get_serializer_context(self) -> dict[str, Any]:
        return {"request": self.request, "view": self}

    def page(self, rows: models.QuerySet, parameters: ListParameters, serializer_class: type[Serializer]) -> Response:
        """One page of `rows` in the order of `self.keyset`, with links to its neighbours."""
        asked = parameters.validated_data
        page = self.keyset.page(rows, size=asked["page_size"], position=asked.get("cursor"))
        results = serializer_class(page.rows, many=True, context=self.get_serializer_context()).data
        return Response({**page.links(self.request.build_absolute_uri()), "results": results})
