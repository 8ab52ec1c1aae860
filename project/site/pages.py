"""The home page, the error pages and the switch of language."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views import defaults
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from accounts.authentication import current_user
from accounts.models import User
from accounts.services import account_change
from common.exceptions import RETRY_SECONDS
from common.middleware import DATABASE_UNAVAILABLE, error_page, render_error
from infractions.models import Infraction, Objection, Person
from questions.models import Question
from rentals import tariffs
from rentals.balance import balance_of
from rentals.models import Hold, Rental
from scores.models import Score

ANSWER_SHOWN_FOR = timedelta(days=14)
MAX_ANSWERED = 5  # objections
MAX_READY = 5  # holds


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Shows the services of the town hall, and to signed-in users a summary of their own data."""
    summary = personal_summary(current_user(request), at=timezone.now()) if request.user.is_authenticated else None
    return render(request, "home.html", {"summary": summary})


def personal_summary(user: User, *, at: datetime) -> dict[str, Any]:
    """Returns a few figures of each service, each by one query over the user's own rows."""
    balance = balance_of(user.pk, version=tariffs.CURRENT, at=at)
    open_rentals = Rental.objects.open().filter(user=user)
    ready = Hold.objects.open_at(at).ready().filter(user=user).order_by("ready_until", "pk")
    questions = Question.objects.filter(author=user)
    person = Person.objects.by_email(user.email) if user.has_verified_email() else None
    answered = Objection.objects.filter(by=user).answered_since(at - ANSWER_SHOWN_FOR)
    return {
        "balance": balance,
        "credit": -balance["balance"],
        "next_due": open_rentals.aggregate(at=Min("date_due"))["at"],
        "overdue": open_rentals.overdue(at=at).count(),
        "ready": list(ready.select_related("book").defer("book__search", "book__description")[:MAX_READY]),
        "answered": list(answered.select_related("infraction__vehicle")[:MAX_ANSWERED]),
        "questions": questions.aggregate(count=Count("pk"), best=Max("ranking")),
        "best_score": Score.objects.recorded_for(user).best(),
        "is_confirmed": person is not None,
        "infractions": 0 if person is None else Infraction.objects.valid().filter(owner__in=person).count(),
    }


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switches the language and redirects to the page that the user came from, or to the home page.

    A signed-in resident gets emails in this language from now on.
    """
    response = set_language(request)
    chosen = request.POST.get("language")
    if chosen in dict(settings.LANGUAGES) and request.user.is_authenticated:
        user = current_user(request)
        account_change(user=user, by=user, changes={"language": chosen}, at=timezone.now())
    this_url = request.build_absolute_uri(request.path)
    return redirect("home") if request.build_absolute_uri(response["Location"]) == this_url else response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Returns the page for status 400, or 413 for a request that is too large, which Django treats as 400.

    Django's own view reads the posted data, and an error that is raised here would be answered with 500.
    """
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return render(request, "400.html", status=HTTPStatus.BAD_REQUEST)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Returns the page for status 404, or another one: rendering it may read the posted data and query the database.

    An error that is raised here would be answered with 500.
    """
    try:
        return defaults.page_not_found(request, exception)
    except RequestDataTooBig as error:
        return bad_request(request, error)
    except (MultiPartParserError, SuspiciousOperation):  # a form that cannot be read, or has too many fields
        return error_page(request, HTTPStatus.BAD_REQUEST)
    except DATABASE_UNAVAILABLE:
        return render_error(request, HTTPStatus.SERVICE_UNAVAILABLE, retry_after=RETRY_SECONDS)
