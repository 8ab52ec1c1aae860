"""The look of the back office, and the way about it: the desks' sections, each for those who may look at its rows."""

from copy import deepcopy
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.settings import CONFIG_DEFAULTS

# Each section with its models, and their icons among Google's Material Symbols.
SECTIONS = (
    (_("Library"), {"books.book": "menu_book", "rentals.rental": "book_2"}),
    (_("Money"), {"rentals.payment": "payments"}),
    (
        _("Traffic"),
        {
            "infractions.infraction": "receipt_long",
            "infractions.vehicle": "directions_car",
            "infractions.person": "person",
            "infractions.officer": "local_police",
        },
    ),
    (_("Community"), {"questions.question": "forum", "questions.answer": "star", "questions.vote": "thumb_up"}),
    (_("Scores"), {"scores.score": "trophy"}),
    (_("Devices"), {"devices.device": "devices", "devices.devicemodel": "category"}),
    (_("Accounts"), {"accounts.user": "group", "auth.group": "badge"}),
)

# The blue of the site is at 600; 500 can be read on dark ground.
BLUES = "#eff7fa #d9ecf2 #b5d9e5 #83bdd1 #55a3be #358aa9 #17566b #134859 #113c4a #10323e #091f28"


def colors(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Unfold's, with blues instead of its purples; it writes into what it is given."""
    found = deepcopy(CONFIG_DEFAULTS["COLORS"])
    found["primary"] = dict(zip(found["primary"], BLUES.split(), strict=True))
    return found


def style(request: HttpRequest) -> str:
    return static("project/admin.css")


def icon(request: HttpRequest) -> str:
    return static("project/icon.svg")


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """For UNFOLD: only what whoever asks may enter; a section with nothing in it is left out."""
    desks = [(title, links(request, models)) for title, models in SECTIONS]
    around = [
        {"title": _("Overview"), "icon": "dashboard", "link": reverse("admin:index")},
        {"title": _("To the site"), "icon": "home", "link": reverse("home"), "active": False},
        {"title": _("API"), "icon": "api", "link": reverse("swagger"), "active": False},
    ]
    return [{"items": around}] + [
        {"title": title, "separator": True, "items": items} for title, items in desks if items
    ]


def links(request: HttpRequest, icons: dict[str, str]) -> list[dict[str, Any]]:
    """Each model that whoever asks may look at, with its icon."""
    found = []
    for name, icon in icons.items():
        model = apps.get_model(name)
        if admin.site.get_model_admin(model).has_view_or_change_permission(request):
            address = reverse("admin:{}_{}_changelist".format(*name.split(".")))
            found.append({"title": capfirst(model._meta.verbose_name_plural), "icon": icon, "link": address})
    return found
