"""The base class of all API views."""

from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.status import HTTP_201_CREATED

from common.api.conditions import add_etag
from common.api.idempotency import META_NAME, answer_once, user_caller
from common.api.input import with_kept_fields
from common.api.metadata import Metadata
from common.api.output import represent_all
from common.api.permissions import MethodPermission
from common.api.schema import AutoSchema
from common.api.serializers import ListParameters, QueryParameters
from common.pagination import Keyset


class ApiView(GenericAPIView[Any]):
    """An endpoint that is closed unless its class opens it with `public_methods`.

    Requests are refused in a fixed order: 405 (method), 401, 403, 415 and 400 (body), then 404 and errors of services.
    `serializer_class` validates the body; a view without one takes no body. `self.at` is the time of the request.
    """

    permission_classes = [MethodPermission]
    pagination_class = None
    metadata_class = Metadata
    serializer_class: Any = Serializer
    public_methods: ClassVar[set[str]] = set()
    required_permissions: ClassVar[dict[str, str]] = {}
    parameters_class: ClassVar[type[ListParameters] | None] = None  # the query parameters, where the view is a list
    swagger_schema: ClassVar[type[AutoSchema] | None] = AutoSchema  # None on a route that is an alias of another
    created_route: ClassVar[tuple[str, str] | None] = None  # the route of a created row, and the argument for its id
    creates_rows: ClassVar[bool] = False  # whether a POST creates rows that have no route
    secret_fields: ClassVar[set[str]] = set()  # of the answer to a POST, which must not be kept
    sends_etag: bool = False  # whether responses are one row with an ETag (see common.api.conditions)
    at: datetime

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.at = timezone.now()
        super().initial(request, *args, **kwargs)
        # Reading the body here makes a wrong content type 415 and broken JSON 400 even where no body is expected.
        request.data  # noqa: B018
        if META_NAME in request.META and self.takes_key(str(request.method)) and request.user.is_authenticated:
            # DRF looks up the method of the view after this, within its handling of exceptions.
            self.post: Any = partial(self.post_once, self.post)

    @classmethod
    def takes_key(cls, method: str) -> bool:
        """Returns whether a request may have an Idempotency-Key."""
        return method == "POST" and (cls.created_route is not None or cls.creates_rows)

    def post_once(self, post: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        create = partial(post, request, *args, **kwargs)
        return answer_once(request, create, caller=self.caller_name(), secret_fields=self.secret_fields, at=self.at)

    def caller_name(self) -> str:
        """Returns a name for who makes the request, such as "user 7"."""
        return user_caller(self.request.user.pk)  # type: ignore[arg-type]  # only asked of a user

    def perform_authentication(self, request: Request) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().perform_authentication(request)

    def handle_exception(self, exc: Exception) -> Response:
        """Reads the user for the forms on a page of DRF about a wrong method.

        DRF would read it for the method of each form, and the request for a page has no CSRF token for a POST.
        """
        if isinstance(exc, MethodNotAllowed) and self.request.accepted_renderer.format == "api":
            with suppress(APIException):
                super().perform_authentication(self.request)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Adds the address of a created row, and the ETag of a row."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == HTTP_201_CREATED and self.created_route:
            response.headers["Location"] = request.build_absolute_uri(self.created_path(response.data))
        return add_etag(request, response) if self.sends_etag else response

    def created_path(self, row: dict[str, Any]) -> str:
        """Returns the path of a created row, in the API version that was called."""
        name, argument = self.created_route  # type: ignore[misc]  # only called with one
        return reverse(name, kwargs={"version": self.request.version, argument: row.get(argument, row.get("id"))})

    def get_required_permission(self, method: str) -> str | None:
        """Returns the model permission that a method needs, such as "books.add_book"; None when it needs none."""
        return self.required_permissions.get(method)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        return with_kept_fields(super().get_serializer(*args, **kwargs))

    def validate_body(self, serializer_class: type[Serializer[Any]] | None = None) -> Any:
        """Returns the validated body. Raises ValidationError, which names every invalid field."""
        kind: Any = serializer_class or self.get_serializer_class()
        serializer = with_kept_fields(kind(data=self.request.data, context=self.get_serializer_context()))
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def validate_query(self, parameters_class: type[QueryParameters], keyset: Keyset | None = None) -> Any:
        """Returns the validated query parameters. Raises ValidationError, which names every invalid one."""
        context = {**self.get_serializer_context(), "keyset": keyset, "at": self.at}
        given = self.request.query_params.dict()
        parameters = with_kept_fields(parameters_class(data=given, context=context), given)
        parameters.is_valid(raise_exception=True)
        return parameters

    @property
    def keyset(self) -> Keyset:
        """The order of the list: that of the rows' model, unless the query parameters name another one."""
        # Not get_queryset(), which may need the user of a request. django-stubs allows None and managers as well.
        model: Any = self.queryset.model  # type: ignore[union-attr,arg-type]
        request = getattr(self, "request", None)
        return (self.parameters_class or ListParameters).keyset(model, request.query_params if request else {})

    def paginated_response(
        self, rows: models.QuerySet[Any], serializer_class: type[BaseSerializer[Any]], **values: Any
    ) -> Response:
        """Returns a page of `rows`, filtered by the query parameters, in the order of the model.

        `values` are those of the parameters in `rows` (common.queries). The statements are compiled once if `rows` is
        the same object at each request.
        """
        keyset = self.keyset
        parameters = self.validate_query(self.parameters_class or ListParameters, keyset)
        page = parameters.page(keyset, rows, values)
        results = represent_all(serializer_class, page.found, self.request)
        return Response({**page.links(self.request.build_absolute_uri()), "results": results})
