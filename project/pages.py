"""Pages of the whole town hall."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


def navigation(request: HttpRequest) -> dict[str, Any]:
    """For every template, but worked out by those alone that show it, whose user is known by then."""

    def services() -> list[dict[str, Any]]:
        return [
            {"label": label, "url": reverse(f"pages:{name}"), "here": request.path.startswith(reverse(f"pages:{name}"))}
            for name, label in rooms(getattr(request, "user", AnonymousUser()))
        ]

    return {"services": services}


def rooms(user: User | AnonymousUser) -> Iterator[tuple[str, str]]:
    """The services that somebody may enter: the name of their first page, and what it is called."""
    yield "books", _("Library")
    yield "questions", _("Questions")
    yield "scores", _("Scores")
    if user.is_authenticated:
        yield "infractions", _("Infractions")
    if user.has_perm("devices.view_device"):
        yield "devices", _("Devices")
