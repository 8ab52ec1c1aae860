"""All URLs of the site: pages, admin, API docs, uploaded files and the API."""

from django.contrib import admin
from django.urls import include, path

import accounts.urls
import books.urls
import devices.urls
import information.urls
import infractions.urls
import questions.urls
import rentals.desk.urls
import rentals.urls
import scores.urls
from project import api_urls
from project.media.serve import serve
from project.site import pages, personal, security

page_urlpatterns = [
    *accounts.urls.page_urlpatterns,
    *books.urls.page_urlpatterns,
    *rentals.urls.page_urlpatterns,
    *questions.urls.page_urlpatterns,
    *scores.urls.page_urlpatterns,
    *infractions.urls.page_urlpatterns,
    *devices.urls.page_urlpatterns,
    *information.urls.page_urlpatterns,
    path("accounts/me/data/", personal.download, name="personal_download"),
    path("accounts/me/close/", personal.close, name="personal_close"),
]

handler400 = "project.site.pages.bad_request"
handler404 = "project.site.pages.page_not_found"

urlpatterns = [
    *api_urls.urlpatterns,  # calls of programs first: Django tries the routes in this order
    path("", pages.home, name="home"),
    path("", include((page_urlpatterns, "pages"))),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/desk/", include(rentals.desk.urls)),
    path("admin/", admin.site.urls),
    path("language/", pages.language, name="set_language"),
    *accounts.urls.mailed_urlpatterns,
    *accounts.urls.allauth_urlpatterns,
    path("media/<path:name>", serve),
    path(".well-known/security.txt", security.security_txt, name="security_txt"),
]
