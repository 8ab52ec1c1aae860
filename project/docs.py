"""Swagger and Redoc over one schema, the same for every viewer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from api.schema import INFO

# Redoc would ask elsewhere for its maker's logo.
LOCAL_ALONE = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:;"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

schema_view = get_schema_view(INFO, public=True, authentication_classes=[], permission_classes=[AllowAny])


def with_local_assets(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page may load what this site serves, and nothing else."""

    def policed(request: HttpRequest) -> HttpResponse:
        response = view(request)
        response["Content-Security-Policy"] = LOCAL_ALONE
        return response

    return policed


swagger = with_local_assets(schema_view.with_ui("swagger"))
redoc = with_local_assets(schema_view.with_ui("redoc"))
schema = schema_view.without_ui()
