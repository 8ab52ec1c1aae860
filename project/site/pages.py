"""Pages of the whole town hall."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from accounts.authentication import current_user
from accounts.models import User
from common.exceptions import RETRY_SECONDS
from common.middleware import AWAY, error_page, refusal
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


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The switch: back to the page that it was pressed on, as its address is by now."""
    response = set_language(request)
    here = request.build_absolute_uri(request.path)
    return redirect("home") if request.build_absolute_uri(response["Location"]) == here else response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's page of status 400; what is too large it takes for one as well."""
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return defaults.bad_request(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's page of status 404, while the database can say who asks; it reads what was posted."""
    try:
        return defaults.page_not_found(request, exception)
    except RequestDataTooBig as error:
        return bad_request(request, error)
    except AWAY:
        return refusal(request, HTTPStatus.SERVICE_UNAVAILABLE, retry_after=RETRY_SECONDS)


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
