"""Swagger and Redoc over one schema, the same for every viewer."""

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
    """In one language for all: what programs read does not follow the reader's."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with override(settings.LANGUAGE_CODE):
            response: Any = view(request, *args, **kwargs)
            response.headers["Content-Language"] = settings.LANGUAGE_CODE
            return response.render()

    return wrapped


# The pages know who is signed in, which the schema does not.
swagger = schema_view(SessionAuthentication).with_ui("swagger")
redoc = schema_view(SessionAuthentication).with_ui("redoc")
schema = in_english(schema_view().without_ui())
