"""Swagger UI, Redoc and the API schema, which is the same for all users."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from drf_yasg.views import get_schema_view
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny

from common.api.schema import INFO

View = Callable[..., HttpResponse]


def schema_view(*authentication_classes: type) -> Any:
    return get_schema_view(
        INFO, public=True, authentication_classes=authentication_classes, permission_classes=[AllowAny]
    )


def in_english(view: View) -> View:
    """Renders the schema in English for all clients: it is for programs, and must not depend on their language."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with override(settings.LANGUAGE_CODE):
            response: Any = view(request, *args, **kwargs)
            response.headers["Content-Language"] = settings.LANGUAGE_CODE
            rendered: HttpResponse = response.render()
        return rendered

    return wrapped


# The pages show who is signed in; the schema is public.
swagger = schema_view(SessionAuthentication).with_ui("swagger")
redoc = schema_view(SessionAuthentication).with_ui("redoc")
schema = in_english(schema_view().without_ui())
