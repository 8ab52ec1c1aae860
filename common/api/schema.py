"""Swagger: what is described, under which path, and the words that every view uses to describe itself."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar

from drf_yasg import openapi
from drf_yasg.generators import EndpointEnumerator, OpenAPISchemaGenerator
from drf_yasg.inspectors import SwaggerAutoSchema
from drf_yasg.utils import filter_none, no_body, swagger_auto_schema
from rest_framework import serializers

DESCRIPTION = """
The services of the town hall.

Get a token at `/api-token-auth/`, press **Authorize** and type `Bearer <access token>` (older clients send
`JWT <access token>`). Someone signed in to the site tries calls at once, without a token.

Each operation stands here once, as `/api/v3/…/`. It is also there as `/api/v1/…`, `/api/v2/…`, and as `/api/…`, which
is v3. Versions differ in the tariff that prices a rental alone. Every path works with and without its last slash.

Lists come as `{"next", "previous", "results"}`: follow `next`. Times are UTC with `Z`, money is a decimal string.
"""
INFO = openapi.Info(title="Townhall", default_version="v3", description=DESCRIPTION)
DESCRIBED = ("/api/v3/", "/api/rest-auth/", "/api-token-")

FIELD_ERRORS = openapi.Schema(
    type=openapi.TYPE_OBJECT,
    additional_properties=openapi.Schema(type=openapi.TYPE_ARRAY, items=openapi.Schema(type=openapi.TYPE_STRING)),
)
DETAIL = openapi.Schema(
    type=openapi.TYPE_OBJECT, properties={"detail": openapi.Schema(type=openapi.TYPE_STRING)}, required=["detail"]
)
ERRORS = {
    400: ("Something in the request is wrong; every bad field is named.", {"field": ["What is wrong with it."]}),
    401: ("No valid credentials.", {"detail": "Authentication credentials were not provided."}),
    403: ("Not allowed.", {"detail": "You do not have permission to perform this action."}),
    404: ("Not there, or not yours to know of.", {"detail": "Not found."}),
    409: ("The state of things forbids it.", {"detail": "No copy is left."}),
    413: ("The body is too large.", {"detail": "The body is too large."}),
    415: ("Another content type than the call takes.", {"detail": 'Unsupported media type "text/plain" in request.'}),
    429: (
        "Too often; `Retry-After` says when again.",
        {"detail": "Request was throttled. Expected available in 60 seconds."},
    ),
}


class Endpoints(EndpointEnumerator):
    """Each operation once."""

    id_parameters: ClassVar[set[str]] = set()

    def get_path_from_regex(self, path_regex: str) -> str:
        self.id_parameters.update(re.findall(r"<id:(\w+)>", path_regex))
        return super().get_path_from_regex(path_regex)

    def should_include_endpoint(self, path: str, callback: Any, *args: Any, **kwargs: Any) -> bool:
        return path.startswith(DESCRIBED) and super().should_include_endpoint(path, callback, *args, **kwargs)


class Generator(OpenAPISchemaGenerator):
    """Whole paths, without a common prefix cut off."""

    endpoint_enumerator_class = Endpoints

    def determine_path_prefix(self, paths: Iterable[str]) -> str:
        return ""

    def get_path_parameters(self, path: str, view_cls: Any) -> list[openapi.Parameter]:
        parameters = super().get_path_parameters(path, view_cls)
        for parameter in parameters:
            if parameter.name in Endpoints.id_parameters:
                parameter.type = openapi.TYPE_INTEGER
        return parameters


class AutoSchema(SwaggerAutoSchema):
    """Groups operations by app. A method that is not decorated with `documented` is described by its view."""

    def __init__(self, view: Any, path: str, method: str, *arguments: Any, **named: Any) -> None:
        super().__init__(view, path, method, *arguments, **named)
        self.overrides: dict[str, Any] = self.overrides or filter_none(view.describe(method.upper()))

    def get_tags(self, operation_keys: Any = None) -> list[str]:
        return [type(self.view).__module__.split(".")[0]]

    def get_operation_id(self, operation_keys: Any = None) -> str:
        words = [word.replace("-", "_") for word in operation_keys if word not in ("api", "v3")]
        return "_".join(words)

    def get_request_serializer(self) -> Any:
        """Of a PATCH any field may be left out."""
        body = super().get_request_serializer()
        if self.method.upper() != "PATCH" or not isinstance(body, serializers.Serializer):
            return body
        kind: Any = type(body)
        return partial_of(kind)()

    def get_consumes(self) -> list[str]:
        return self.overrides.get("consumes") or ["application/json"]

    def get_produces(self) -> list[str]:
        return ["application/json"]


@cache
def page_of(serializer_class: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The envelope of a list, for the description of an answer."""
    name = serializer_class.__name__.removesuffix("Serializer")
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": serializer_class(many=True),
    }
    return type(f"{name}Page", (serializers.Serializer,), fields)


@cache
def partial_of(serializer_class: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The same body without a required field."""

    def get_fields(self: serializers.Serializer) -> dict[str, serializers.Field]:
        fields = serializer_class.get_fields(self)
        for field in fields.values():
            field.required = False
        return fields

    return type(f"Partial{serializer_class.__name__}", (serializer_class,), {"get_fields": get_fields})


def operation(
    *,
    summary: str,
    answers: dict[int, Any],
    errors: Iterable[int] = (),
    body: type[serializers.BaseSerializer] | serializers.BaseSerializer | None = None,
    query: type[serializers.Serializer] | None = None,
    description: str = "",
    public: bool = False,
    **overrides: Any,
) -> dict[str, Any]:
    """Returns the arguments of `swagger_auto_schema` for an operation.

    `answers` are serializers by status, None for an answer without a body; `errors` are statuses of ERRORS.
    """
    statuses = set(errors) | ({413, 415} if body is not None else set())
    responses: dict[int, Any] = {status: answer or "" for status, answer in answers.items()}
    for status in sorted(statuses):
        text, example = ERRORS[status]
        schema = FIELD_ERRORS if status == 400 else DETAIL
        responses[status] = openapi.Response(text, schema, examples={"application/json": example})
    return {
        "operation_summary": summary,
        "operation_description": description,
        "request_body": body or no_body,
        "query_serializer": query,
        "responses": responses,
        "security": [] if public else None,
        **overrides,
    }


def documented(**described: Any) -> Callable:
    """Decorates a method of a view with how it appears in Swagger; takes the arguments of `operation`."""
    return swagger_auto_schema(**operation(**described))
