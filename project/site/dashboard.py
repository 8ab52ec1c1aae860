"""The dashboard of the back office: figures for each desk. Users see the figures of the rows that they may view."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

import accounts.figures
import devices.figures
import infractions.figures
import questions.figures
import rentals.figures
import scores.figures
from accounts.authentication import current_user
from accounts.models import User
from common.admin.figures import Figure, Piece

Part = Callable[..., list[Piece]]


@dataclass(frozen=True)
class Desk:
    name: str
    pieces: list[Piece]


# The figures of each desk by the permission that they require. Others are not queried.
DESKS: dict[Any, dict[str, Part]] = {
    _("Library"): {"rentals.view_rental": rentals.figures.library, "rentals.view_hold": rentals.figures.holds},
    _("Payments"): {"rentals.view_payment": rentals.figures.payments, "rentals.view_debt": rentals.figures.debts},
    _("Traffic"): {
        "infractions.view_infraction": infractions.figures.infractions,
        "infractions.view_officer": infractions.figures.officers,
    },
    _("Questions"): {
        "questions.view_question": questions.figures.questions,
        "questions.view_answer": questions.figures.answers,
        "questions.view_vote": questions.figures.votes,
    },
    _("Devices"): {"devices.view_device": devices.figures.devices},
    _("Scores"): {"scores.view_score": scores.figures.scores},
    _("Accounts"): {"accounts.view_user": accounts.figures.accounts},
}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the desks to the template's context (unfold's DASHBOARD_CALLBACK)."""
    return {**context, "desks": desks_of(current_user(request), at=timezone.now())}


def desks_of(user: User, *, at: datetime) -> list[Desk]:
    desks = (Desk(name, pieces_of(parts, user, at=at)) for name, parts in DESKS.items())
    return [desk for desk in desks if desk.pieces]


def pieces_of(parts: dict[str, Part], user: User, *, at: datetime) -> list[Piece]:
    """Returns the pieces of a desk that the user may view, figures first."""
    pieces = [piece for permission, part in parts.items() if user.has_perm(permission) for piece in part(at=at)]
    return sorted(pieces, key=lambda piece: not isinstance(piece, Figure))
