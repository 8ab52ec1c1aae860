"""All API routes. Each exists with a version prefix, and without a prefix for the current version."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

import accounts.urls
import books.urls
import devices.urls
import infractions.urls
import questions.urls
import rentals.urls
import scores.urls
from common.api.routes import RoutesByBeginning
from common.middleware import not_found
from common.paths import API_PATHS
from project.site import docs, personal

versioned = (
    accounts.urls.urlpatterns
    + books.urls.urlpatterns
    + rentals.urls.urlpatterns
    + scores.urls.urlpatterns
    + devices.urls.urlpatterns
    + infractions.urls.urlpatterns
    + questions.urls.urlpatterns
)

# The prefix of the current version comes last, so that `reverse` returns it.
prefixes = [("", settings.API_CURRENT_VERSION), *((f"{version}/", version) for version in settings.API_VERSIONS)]

routes: list[URLPattern | URLResolver] = [
    path("api/rest-auth/", include(accounts.urls.rest_auth_urlpatterns)),
    path("api/rest-auth/export/", personal.ExportView.as_view(), name="personal_export"),
    path("api/rest-auth/close/", personal.CloseView.as_view(), name="personal_close"),
    *accounts.urls.token_urlpatterns,
    *scores.urls.older_urlpatterns,
    *(
        path(f"api/{prefix}{route.pattern}", route.callback, {"version": version}, name=route.name)
        for prefix, version in prefixes
        for route in versioned
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    RoutesByBeginning(routes),
    re_path(r"^swagger/?$", docs.swagger, name="swagger"),
    re_path(r"^redoc/?$", docs.redoc, name="redoc"),
    re_path(r"^swagger\.(?P<format>json|yaml)/?$", docs.schema, name="schema"),
    re_path(r"^openapi\.json/?$", docs.openapi, name="openapi"),
    re_path(API_PATHS.pattern.removeprefix("/"), not_found),
]
