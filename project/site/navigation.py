"""The navigation: the services in the header of every page, in this order."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Adds the services to the context of all templates. They are evaluated only by templates that show them."""

    def services() -> list[dict[str, Any]]:
        return [
            {
                "label": label,
                "url": reverse(f"pages:{name}"),
                "is_current": request.path.startswith(reverse(f"pages:{name}")),
            }
            for name, label in visible_services(getattr(request, "user", AnonymousUser()))
        ]

    return {"services": services}


def visible_services(user: User | AnonymousUser) -> Iterator[tuple[str, str]]:
    """Yields the services that the user may use: the URL name and the label of their first page."""
    yield "books", _("Library")
    if user.is_authenticated:
        yield "rentals", _("Your rentals")
    yield "questions", _("Questions")
    yield "scores", _("Scores")
    if user.is_authenticated:
        yield "infractions", _("Infractions")
    if user.has_perm("devices.view_device"):
        yield "devices", _("Devices")
