"""CRUD resources: DRF's generic views with the permissions, pagination and Swagger of this API.

A view declares its queryset and serializer, and calls services to write:

    class PersonListView(CrudView, ListCreateAPIView):
        queryset = Person.objects.all()
        serializer_class = PersonSerializer
        parameters_class = PersonParameters

        def perform_create(self, serializer):
            serializer.instance = services.person_create(**serializer.validated_data)
"""

from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.db import models
from django.utils.translation import override
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from common.api.conditions import unchanged
from common.api.output import represent
from common.api.schema import operation, page_of
from common.api.views import ApiView
from common.models import protecting_relations
from common.statements import compiled, first_or_404

ACTIONS = {"GET": "view", "POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
METHODS_WITH_BODY = {"POST", "PUT", "PATCH"}
METHODS_WITH_CONDITION = {"PUT", "PATCH", "DELETE"}


@compiled
def rows_by_key(view: "type[CrudView]", *, key: str) -> models.QuerySet[Any]:
    return view.queryset.filter(**{view.lookup_field: key})


class CrudView(ApiView):
    """A mixin for DRF's generic views, which comes before them in the list of base classes.

    Each method needs its model permission (view, add, change or delete), unless it is in `public_methods`. If bodies
    differ from responses, `input_serializer_class` validates bodies, and its `to_representation` renders the row.
    """

    queryset: models.QuerySet[Any]
    serializer_class: type[Serializer[Any]]
    input_serializer_class: ClassVar[type[Serializer[Any]] | None] = None

    # What Swagger cannot derive from the model and the serializers, by method.
    summaries: ClassVar[dict[str, str]] = {}
    descriptions: ClassVar[dict[str, str]] = {}
    extra_errors: ClassVar[dict[str, set[int]]] = {}

    def get_required_permission(self, method: str) -> str | None:
        options = self.queryset.model._meta
        return f"{options.app_label}.{get_permission_codename(ACTIONS[method], options)}"

    def get_serializer_class(self) -> type[Serializer[Any]]:
        is_writing = self.request is not None and self.request.method in METHODS_WITH_BODY
        return (is_writing and self.input_serializer_class) or self.serializer_class

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.get_queryset() if self.is_scoped() else self.queryset
        return self.paginated_response(rows, self.serializer_class)

    def is_scoped(self) -> bool:
        """Returns whether the caller may see only some rows."""
        return type(self).get_queryset is not CrudView.get_queryset

    def get_object(self) -> Any:
        """Returns the row that the path names, by a statement that is compiled once for the view."""
        if self.is_scoped():
            return super().get_object()
        return first_or_404(rows_by_key(type(self), key=self.kwargs[self.lookup_url_kwarg or self.lookup_field]))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(represent(self.serializer_class, self.get_object(), request))

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with self.unchanged():
            response: Response = super().update(request, *args, **kwargs)  # type: ignore[misc]  # of DRF's generic view
            return response

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with self.unchanged():
            response: Response = super().destroy(request, *args, **kwargs)  # type: ignore[misc]
            return response

    def unchanged(self) -> AbstractContextManager[None]:
        """Refuses to change a row that is no longer as `If-Match` says (see common.api.conditions)."""
        return unchanged(self.request, self.get_object, lambda row: represent(self.serializer_class, row, self.request))

    @property
    def sends_etag(self) -> bool:  # type: ignore[override]  # other views set it
        return self.parameters_class is None

    def describe(self, method: str) -> dict[str, Any]:
        """Returns the description of a method for Swagger (see `operation`)."""
        is_list, is_public = self.parameters_class is not None, method in self.public_methods
        errors = {400} if is_list or method in METHODS_WITH_BODY else set[int]()
        errors |= set() if is_public else {401}
        errors |= {403} if not is_public and self.get_required_permission(method) else set()
        errors |= set() if is_list else {404}
        errors |= {412} if method in METHODS_WITH_CONDITION else set()
        errors |= {409} if method == "DELETE" and protecting_relations(self.queryset.model) else set()
        shown = page_of(self.serializer_class) if is_list and method == "GET" else self.serializer_class
        answers: dict[str, dict[int, Any]] = {"POST": {201: shown}, "DELETE": {204: None}}
        return operation(
            summary=self.summaries.get(method) or self.default_summary(method),
            description=self.descriptions.get(method, ""),
            answers=answers.get(method, {200: shown}),
            errors=errors | self.extra_errors.get(method, set()),
            body=(self.input_serializer_class or self.serializer_class) if method in METHODS_WITH_BODY else None,
            query=self.parameters_class if method == "GET" else None,
            public=is_public,
        )

    def default_summary(self, method: str) -> str:
        """Returns "Books, by name" or "Add a book"."""
        with override(settings.LANGUAGE_CODE):
            names = self.queryset.model._meta
            one = f"{'an' if str(names.verbose_name)[0] in 'aeio' else 'a'} {names.verbose_name}"
            if self.parameters_class is not None and method == "GET":
                key = names.ordering[0]
                order = "newest first" if key.startswith("-") else f"by {names.get_field(key).verbose_name}"
                return f"{str(names.verbose_name_plural).capitalize()}, {order}"
        verb = {"POST": "Add", "PUT": "Replace", "PATCH": "Change", "DELETE": "Delete"}.get(method)
        return f"{verb} {one}" if verb else one.capitalize()
