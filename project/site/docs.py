"""Swagger UI, Redoc and the API schema, as Swagger 2.0 and as OpenAPI 3.1. The schema is the same for all users."""

import json
from collections.abc import Callable
from functools import lru_cache, wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from drf_yasg.views import get_schema_view
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny

from common.api.openapi import openapi_of
from common.api.schema import INFO

MAX_KEPT = 16  # schemas, of about 150 kB each

View = Callable[..., HttpResponse]


def schema_view(*authentication_classes: type) -> Any:
    return get_schema_view(
        INFO, public=True, authentication_classes=authentication_classes, permission_classes=[AllowAny]
    )


def rendered_once(view: View) -> View:
    """Renders the schema in English for all clients: it is for programs, and must not depend on their language.

    It is kept for each format and host, because rendering it takes 50 times as long as an ordinary request.
    """
    kept: dict[tuple[Any, ...], tuple[bytes, str]] = {}

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = (request.scheme, request.get_host(), *args, *kwargs.values())
        if request.method == "GET" and key in kept:
            content, content_type = kept[key]
            return HttpResponse(
                content, content_type=content_type, headers={"Content-Language": settings.LANGUAGE_CODE}
            )
        with override(settings.LANGUAGE_CODE):
            response: Any = view(request, *args, **kwargs)
            response.headers["Content-Language"] = settings.LANGUAGE_CODE
            rendered: HttpResponse = response.render()
        if request.method == "GET" and rendered.status_code == HTTPStatus.OK:
            if len(kept) >= MAX_KEPT:
                kept.clear()
            kept[key] = rendered.content, rendered.headers["Content-Type"]
        return rendered

    return wrapped


# The pages show who is signed in; the schema is public.
swagger = schema_view(SessionAuthentication).with_ui("swagger")
redoc = schema_view(SessionAuthentication).with_ui("redoc")
schema = rendered_once(schema_view().without_ui())


@login_not_required
@csrf_exempt  # so that the answer to a wrong method is that of the other documents
def openapi(request: HttpRequest) -> HttpResponse:
    """The schema as OpenAPI 3.1."""
    response = schema(request, format="json")
    if request.method in ("GET", "HEAD") and response.status_code == HTTPStatus.OK:
        response.content = openapi_json(response.content)
    return response


@lru_cache(MAX_KEPT)
def openapi_json(swagger_json: bytes) -> bytes:
    return json.dumps(openapi_of(json.loads(swagger_json)), ensure_ascii=False).encode()
