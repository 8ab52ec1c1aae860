"""Every path of the site."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_control

from accounts import pages as account_pages
from project import docs, health, media, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("admin/", admin.site.urls),
    path("accounts/confirm-email/<str:key>/", account_pages.confirm_email, name="confirm_email"),
    path("accounts/password/reset/<str:uid>/<str:token>/", account_pages.password_reset, name="password_reset_confirm"),
    path("healthz", health.healthz, name="healthz"),
    re_path(r"^swagger/?$", docs.swagger, name="swagger"),
    re_path(r"^redoc/?$", docs.redoc, name="redoc"),
    re_path(r"^swagger\.(?P<format>json|yaml)/?$", docs.schema, name="schema"),
    path("media/<path:name>", cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)(media.serve)),
    path("", include("project.api_urls")),
]
