"""Every path of the site."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_control
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from accounts import pages as account_pages
from api.schema import INFO
from project import health, media, pages

schema = get_schema_view(INFO, public=True, authentication_classes=[], permission_classes=[AllowAny])

urlpatterns = [
    path("", pages.home, name="home"),
    path("admin/", admin.site.urls),
    path("accounts/confirm-email/<str:key>/", account_pages.confirm_email, name="confirm_email"),
    path("accounts/password/reset/<str:uid>/<str:token>/", account_pages.password_reset, name="password_reset_confirm"),
    path("healthz", health.healthz, name="healthz"),
    re_path(r"^swagger/?$", schema.with_ui("swagger"), name="swagger"),
    re_path(r"^redoc/?$", schema.with_ui("redoc"), name="redoc"),
    re_path(r"^swagger\.(?P<format>json|yaml)/?$", schema.without_ui(), name="schema"),
    path("media/<path:name>", cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)(media.serve)),
    path("", include("project.api_urls")),
]
