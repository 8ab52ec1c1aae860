"""Swagger: which operations it describes, and helpers with which views describe theirs."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar

from drf_yasg import openapi
from drf_yasg.generators import EndpointEnumerator, OpenAPISchemaGenerator
from drf_yasg.inspectors import SwaggerAutoSchema
from drf_yasg.utils import filter_none, no_body, swagger_auto_schema
from rest_framework import serializers

from common.api.idempotency import HEADER, KEY, REPLAYED_HEADER
from common.api.shapes import SerializerInspector, body_of, described, partial_of

DESCRIPTION = """
The services of the town hall.

Get a token at `/api-token-auth/`, select **Authorize** and enter `Bearer <access token>` (older clients send
`JWT <access token>`). If you are signed in to the site, you can try operations without a token.

Each operation is listed once, as `/api/v3/…/`. It is also available as `/api/v1/…`, `/api/v2/…` and `/api/…`, which is
the same as v3. Versions differ only in the tariff of rentals. Every path works with and without its last slash.

Lists are returned as `{"next", "previous", "results"}`; `next` is the URL of the next page. Times are in UTC with `Z`.
A filter by time also takes a day, such as `2026-11-28`, which begins at midnight in the town. Amounts of money are
decimal strings.

The response of one row that PUT or PATCH can change has an `ETag`. Send it back as `If-Match` with PUT, PATCH or DELETE
of that row, so that you do not overwrite another change: if the row is no longer as you read it, the status is 412.
With `If-None-Match`, GET answers 304 if the row has not changed. A 201 has the URL of the new row in `Location`, if the
row has one.

A POST that creates something takes an `Idempotency-Key`. If there is no answer, send the same request with the same key
again: nothing is created twice.
"""
# Swagger UI would break the lines of a paragraph where they are broken here.
PARAGRAPHS = re.sub(r"(?<=[^\n])\n(?=[^\n])", " ", DESCRIPTION)
INFO = openapi.Info(title="Townhall", default_version="v3", description=PARAGRAPHS)
# The groups of operations, by the beginning of their paths. The first that fits counts.
TAGS = {
    "/api/rest-auth/registration/": "registration",
    "/api/rest-auth/password/": "passwords",
    "/api/rest-auth/sessions/": "sessions",
    "/api/rest-auth/log": "sign in",
    "/api-token-": "sign in",
    "/api/rest-auth/": "my account",
    "/api/v3/accounts/": "accounts",
    "/api/v3/books/": "books",
    "/api/v3/book_rentals/": "rentals",
    "/api/v3/holds/": "holds",
    "/api/v3/payments/": "payments",
    "/api/v3/scores/": "scores",
    "/api/v3/persons/": "persons",
    "/api/v3/vehicles/": "vehicles",
    "/api/v3/officers/": "officers",
    "/api/v3/infractions/": "infractions",
    "/api/v3/questions/": "questions",
    "/api/v3/comments/": "comments",
    "/api/v3/devices/": "devices",
    "/api/v3/devicemodels/": "device models",
}
# What the parts of paths are, if it is more than the `id` of what they name.
PATH_PARAMETERS = {
    "ref": "The `ref` of the rental.",
    "slug": "The `id` of the device, without `/devices/`.",
    "user_id": "The `id` of the account.",
    "sign_in_id": "The `id` of the session or refresh token.",
}
DESCRIBED_PATHS = ("/api/v3/", "/api/rest-auth/", "/api-token-")

FIELD_ERRORS = openapi.Schema(
    type=openapi.TYPE_OBJECT,
    description="The messages of each invalid field, or one message as `detail`.",
    properties={"detail": openapi.Schema(type=openapi.TYPE_STRING)},
    additional_properties=openapi.Schema(type=openapi.TYPE_ARRAY, items=openapi.Schema(type=openapi.TYPE_STRING)),
)
DETAIL = openapi.Schema(
    type=openapi.TYPE_OBJECT, properties={"detail": openapi.Schema(type=openapi.TYPE_STRING)}, required=["detail"]
)
ERRORS = {
    400: ("The request is invalid. Every invalid field is named.", {"field": ["The message of the error."]}),
    401: ("The credentials are missing or invalid.", {"detail": "Authentication credentials were not provided."}),
    403: ("You do not have permission.", {"detail": "You do not have permission to perform this action."}),
    404: ("The object does not exist, or you may not see it.", {"detail": "Not found."}),
    409: ("The request conflicts with the current data.", {"detail": "This book has no copies left."}),
    412: ("The row is no longer as `If-Match` says.", {"detail": "This has changed since you read it. Read it again."}),
    413: ("The body is too large.", {"detail": "The body is too large."}),
    414: ("The URL is too long.", {"detail": "The address is too long."}),
    415: ("The content type is not supported.", {"detail": 'Unsupported media type "text/plain" in request.'}),
    422: ("The key was sent with another request.", {"detail": "This Idempotency-Key was sent with another request."}),
    429: (
        "Too many requests. `Retry-After` is the number of seconds to wait.",
        {"detail": "Request was throttled. Expected available in 60 seconds."},
    ),
}
ETAG = {"type": openapi.TYPE_STRING, "description": "The state of the row, to send as `If-Match` or `If-None-Match`."}
LOCATION = {"type": openapi.TYPE_STRING, "format": openapi.FORMAT_URI, "description": "The URL of the new row."}
RETRY_AFTER = {"type": openapi.TYPE_INTEGER, "description": "Seconds to wait before the next attempt."}
IF_MATCH = openapi.Parameter(
    "If-Match",
    openapi.IN_HEADER,
    type=openapi.TYPE_STRING,
    description="The `ETag` of the response that you read. If the row has changed since then, the status is 412.",
)
IDEMPOTENCY_KEY = openapi.Parameter(
    HEADER,
    openapi.IN_HEADER,
    type=openapi.TYPE_STRING,
    pattern=f"^{KEY.pattern}$",
    description="Text of your own, such as a UUID, for what this request creates. If you send the request again within "
    f"24 hours, you get the first answer again, with `{REPLAYED_HEADER}: true`, and nothing is created twice.",
)


class Endpoints(EndpointEnumerator):
    """Lists each operation once."""

    id_parameters: ClassVar[set[str]] = set()

    def get_path_from_regex(self, path_regex: str) -> str:
        self.id_parameters.update(re.findall(r"<id:(\w+)>", path_regex))
        path: str = super().get_path_from_regex(path_regex)
        return path

    def should_include_endpoint(self, path: str, callback: Any, *args: Any, **kwargs: Any) -> bool:
        return path.startswith(DESCRIBED_PATHS) and super().should_include_endpoint(path, callback, *args, **kwargs)


class Generator(OpenAPISchemaGenerator):
    """Shows full paths, without cutting off a common prefix."""

    endpoint_enumerator_class = Endpoints

    def determine_path_prefix(self, paths: Iterable[str]) -> str:
        return ""

    def get_path_parameters(self, path: str, view_cls: Any) -> list[openapi.Parameter]:
        parameters: list[openapi.Parameter] = super().get_path_parameters(path, view_cls)
        for parameter in parameters:
            if parameter.name in Endpoints.id_parameters:
                parameter.type = openapi.TYPE_INTEGER
            noun = parameter.name.removesuffix("_id").replace("_", " ")
            parameter.description = PATH_PARAMETERS.get(parameter.name, f"The `id` of the {noun}.")
        return parameters


class AutoSchema(SwaggerAutoSchema):
    """Groups operations by resource. A method that is not decorated with `documented` is described by its view."""

    field_inspectors: ClassVar[list[Any]] = [SerializerInspector, *SwaggerAutoSchema.field_inspectors]

    def __init__(self, view: Any, path: str, method: str, *arguments: Any, **named: Any) -> None:
        super().__init__(view, path, method, *arguments, **named)
        self.overrides: dict[str, Any] = self.overrides or filter_none(view.describe(method.upper()))
        if view.takes_key(method.upper()):
            self.overrides["manual_parameters"] = [*self.overrides.get("manual_parameters", []), IDEMPOTENCY_KEY]
            self.overrides["responses"][422] = error_response(422)

    def get_tags(self, operation_keys: Any = None) -> list[str]:
        return [next(tag for prefix, tag in TAGS.items() if self.path.startswith(prefix))]

    def get_operation_id(self, operation_keys: Any = None) -> str:
        words = [word.replace("-", "_") for word in operation_keys if word not in ("api", "v3")]
        if self.method == "DELETE" and self.path.endswith("/sessions/"):
            words[-1] = "delete_others"  # the path of one session would give the same id
        return "_".join(words)

    def get_summary_and_description(self) -> tuple[str, str]:
        """Adds the model permission that the operation needs."""
        summary, description = super().get_summary_and_description()
        method = self.method.upper()
        permission = None if method in self.view.public_methods else self.view.get_required_permission(method)
        needs = [f"Needs the permission `{permission}`."] if permission else []
        return summary, " ".join([*filter(None, [description.strip()]), *needs])

    def get_responses(self) -> openapi.Responses:
        """Adds the headers that clients act on."""
        responses = super().get_responses()
        has_etag = self.view.sends_etag and self.method.upper() in ("GET", "PUT", "PATCH")
        headers = {
            "200": {"ETag": ETAG} if has_etag else {},
            "201": {"Location": LOCATION} if self.view.created_route else {},
            "429": {"Retry-After": RETRY_AFTER},
        }
        for status, response in responses.items():
            if headers.get(status):
                response["headers"] = headers[status]
        return responses

    def get_request_serializer(self) -> Any:
        """Makes all fields of a PATCH optional."""
        body = super().get_request_serializer()
        if not isinstance(body, serializers.Serializer):
            return body
        kind: Any = body_of(type(body))
        return partial_of(kind)() if self.method.upper() == "PATCH" else kind()

    def get_consumes(self) -> list[str]:
        consumes: list[str] = self.overrides.get("consumes") or ["application/json"]
        return consumes

    def get_produces(self) -> list[str]:
        produces: list[str] = self.overrides.get("produces") or ["application/json"]
        return produces


@cache
def page_of(serializer_class: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Returns a serializer that describes a page of a list."""
    name = serializer_class.__name__.removesuffix("Serializer")
    row = serializer_class.Meta.swagger_schema_fields["example"]  # type: ignore[attr-defined]
    example = {"next": "https://townhall.example.org/next-page", "previous": None, "results": [row]}
    fields = {
        "next": serializers.URLField(allow_null=True, help_text="The URL of the next page; null on the last one."),
        "previous": serializers.URLField(
            allow_null=True, help_text="The URL of the page before this one; null on the first one."
        ),
        "results": serializer_class(many=True, help_text="The rows of the page, in the order of the list."),
        "Meta": type("Meta", (), {"swagger_schema_fields": {"example": example}}),
    }
    return type(f"{name}Page", (serializers.Serializer,), fields)


def operation(
    *,
    summary: str,
    answers: dict[int, Any],
    errors: Iterable[int] = (),
    body: type[serializers.BaseSerializer[Any]] | serializers.BaseSerializer[Any] | None = None,
    query: type[serializers.Serializer[Any]] | None = None,
    description: str = "",
    public: bool = False,
    **overrides: Any,
) -> dict[str, Any]:
    """Returns the arguments of `swagger_auto_schema` for an operation.

    `answers` are serializers by status, or None for a response without a body. `errors` are keys of ERRORS.
    """
    statuses = set(errors) | ({413, 415} if body is not None else set()) | ({414} if query is not None else set())
    responses: dict[int, Any] = {status: described(answer) for status, answer in answers.items()}
    responses |= {status: error_response(status) for status in sorted(statuses)}
    return {
        "operation_summary": summary,
        "operation_description": description,
        "request_body": body or no_body,
        "query_serializer": query,
        "responses": responses,
        "security": [] if public else None,
        **({"manual_parameters": [IF_MATCH]} if 412 in statuses else {}),
        **overrides,
    }


def error_response(status: int) -> openapi.Response:
    text, example = ERRORS[status]
    schema = FIELD_ERRORS if status == 400 else DETAIL
    return openapi.Response(text, schema, examples={"application/json": example})


def documented(**description: Any) -> Callable[..., Any]:
    """Decorates a method of a view with its description in Swagger. Takes the arguments of `operation`."""
    decorator: Callable[..., Any] = swagger_auto_schema(**operation(**description))
    return decorator
