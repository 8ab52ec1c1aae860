from django.urls import path

from information import pages

page_urlpatterns = [
    path("information/<str:slug>/", pages.information, name="information"),
]
