"""The first page of the back office: what each desk wants to know, as far as whoever looks may see it."""

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


# What a permission lets one see: nothing else is asked of the database.
DESKS: dict[Any, dict[str, Part]] = {
    _("Library"): {"rentals.view_rental": rentals.figures.library},
    _("Takings"): {"rentals.view_payment": rentals.figures.takings},
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
    """Called by unfold, for the template's context."""
    return {**context, "desks": desks_of(current_user(request), at=timezone.now())}


def desks_of(user: User, *, at: datetime) -> list[Desk]:
    desks = (Desk(name, pieces_of(parts, user, at=at)) for name, parts in DESKS.items())
    return [desk for desk in desks if desk.pieces]


def pieces_of(parts: dict[str, Part], user: User, *, at: datetime) -> list[Piece]:
    """What there is to see of a desk, the figures first."""
    pieces = [piece for permission, part in parts.items() if user.has_perm(permission) for piece in part(at=at)]
    return sorted(pieces, key=lambda piece: not isinstance(piece, Figure))
