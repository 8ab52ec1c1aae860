"""Pages of the whole town hall."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


def navigation(request: HttpRequest) -> dict[str, Any]:
    """For every template: the services that whoever asks may enter, and which of them the page belongs to."""
    rooms: list[tuple[str, str]] = [("books", _("Library"))]
    return {
        "services": [
            {"label": label, "url": reverse(f"pages:{name}"), "here": request.path.startswith(reverse(f"pages:{name}"))}
            for name, label in rooms
        ]
    }
