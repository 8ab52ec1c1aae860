"""Colors, icons and the sidebar of the back office."""

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

# The sections of the sidebar: models with the names of their icons in Material Symbols.
SECTIONS = (
    (
        _("Library"),
        {
            "books.book": "menu_book",
            "rentals.rental": "book_2",
            "rentals.hold": "front_hand",
            "rentals.undonereturn": "undo",
        },
    ),
    (_("Payments"), {"rentals.payment": "payments", "rentals.debt": "account_balance_wallet"}),
    (
        _("Traffic"),
        {
            "infractions.infraction": "receipt_long",
            "infractions.objection": "balance",
            "infractions.vehicle": "directions_car",
            "infractions.person": "person",
            "infractions.officer": "local_police",
        },
    ),
    (
        _("Community"),
        {
            "questions.question": "forum",
            "questions.comment": "comment",
            "questions.answer": "star",
            "questions.vote": "thumb_up",
        },
    ),
    (_("Scores"), {"scores.score": "trophy"}),
    (_("Devices"), {"devices.device": "devices", "devices.devicemodel": "category"}),
    (_("Information"), {"information.informationpage": "article"}),
    (
        _("Accounts"),
        {
            "accounts.user": "group",
            "auth.group": "badge",
            "common.mail": "outgoing_mail",
            "common.historyentry": "history",
        },
    ),
)

# Shades 50 to 950. 600 is the blue of the site; 500 is readable on a dark background.
BLUES = "#eff7fa #d9ecf2 #b5d9e5 #83bdd1 #55a3be #358aa9 #17566b #134859 #113c4a #10323e #091f28"


def colors(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Returns unfold's colors with blue as the primary color. A copy, because unfold changes the dictionary."""
    colors: dict[str, dict[str, str]] = deepcopy(CONFIG_DEFAULTS["COLORS"])
    colors["primary"] = dict(zip(colors["primary"], BLUES.split(), strict=True))
    return colors


def style(request: HttpRequest) -> str:
    return static("project/admin.css")


def icon(request: HttpRequest) -> str:
    return static("project/icon.svg")


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """Returns the sidebar (a setting of unfold): sections with the models that the user may view, if there are any."""
    groups = [(title, model_links(request, models)) for title, models in SECTIONS]
    general = [
        {"title": _("Overview"), "icon": "dashboard", "link": reverse("admin:index")},
        *desk_link(request),
        {"title": _("View site"), "icon": "home", "link": reverse("home"), "active": False},
        {"title": _("API"), "icon": "api", "link": reverse("swagger"), "active": False},
    ]
    return [{"items": general}] + [
        {"title": title, "separator": True, "items": items} for title, items in groups if items
    ]


def desk_link(request: HttpRequest) -> list[dict[str, Any]]:
    """Returns the link to the lending desk for staff who may open it."""
    link = {"title": _("Lending desk"), "icon": "barcode_scanner", "link": reverse("desk:search")}
    return [link] if request.user.has_perm("accounts.view_user") else []  # as the desk itself checks


def model_links(request: HttpRequest, icons: dict[str, str]) -> list[dict[str, Any]]:
    """Returns a link with an icon for each model that the user may view."""
    links = []
    for name, icon in icons.items():
        model = apps.get_model(name)
        if admin.site.get_model_admin(model).has_view_or_change_permission(request):
            address = reverse("admin:{}_{}_changelist".format(*name.split(".")))
            links.append({"title": capfirst(model._meta.verbose_name_plural), "icon": icon, "link": address})
    return links
