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
from common.api.routes import RoutesBySegment
from common.middleware import not_found
from common.paths import API_PATHS
from project.site import personal

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

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/rest-auth/", include(accounts.urls.rest_auth_urlpatterns)),
    path("api/rest-auth/export/", personal.ExportView.as_view(), name="personal_export"),
    path("api/rest-auth/close/", personal.CloseView.as_view(), name="personal_close"),
    *accounts.urls.token_urlpatterns,
    *scores.urls.older_urlpatterns,
    *(RoutesBySegment(f"api/{prefix}", versioned, {"version": version}) for prefix, version in prefixes),
    re_path(API_PATHS.pattern.removeprefix("/"), not_found),
]
