"""Pages of the whole town hall."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.authentication import current_user
from accounts.models import User
from infractions.models import Infraction, Person
from questions.models import Question
from rentals import tariffs
from rentals.balance import balance_of
from rentals.models import Rental
from scores.models import Score


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the town hall offers; to somebody signed in also what is theirs, over all services."""
    mine = what_is_mine(current_user(request), at=timezone.now()) if request.user.is_authenticated else None
    return render(request, "home.html", {"mine": mine})


def what_is_mine(user: User, *, at: datetime) -> dict[str, Any]:
    """A few figures of each service, a statement each over the user's own rows."""
    balance = balance_of(User.objects.filter(pk=user.pk), version=tariffs.CURRENT, at=at)
    out = Rental.objects.open().filter(user=user)
    asked = Question.objects.filter(author=user)
    person = Person.objects.by_email(user.email) if user.has_verified_email() else None
    return {
        "balance": balance,
        "credit": -balance["balance"],
        "next_due": out.aggregate(at=Min("date_due"))["at"],
        "late": out.overdue(at=at).count(),
        "questions": asked.aggregate(count=Count("pk"), best=Max("ranking")),
        "best_score": Score.objects.recorded_for(user).best(),
        "is_confirmed": person is not None,
        "infractions": 0 if person is None else Infraction.objects.valid().filter(owner__in=person).count(),
    }


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
