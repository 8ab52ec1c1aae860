"""The pages of the resident's own scores and of the leaderboard."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.serializers import Serializer

from accounts.authentication import current_user
from accounts.expired_sessions import sign_in_first
from accounts.models import User
from common.kept_text import keeps_text
from common.pages import form_of, form_page, list_page, list_parameters, show_message
from common.templatetags.numbers import plain
from scores import services
from scores.chart import chart_of
from scores.leaderboard import leaderboard
from scores.models import Period, Score
from scores.serializers import HistoryParameters, LeaderboardParameters, OwnScoreInput


@keeps_text("input_value")
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def score_list(request: HttpRequest) -> HttpResponse:
    """Shows the resident's own scores and the form to submit one. Visitors see an introduction."""
    if not request.user.is_authenticated:
        if request.method == "POST":
            return sign_in_first(request, score_list)
        return render(request, "scores/welcome.html")
    user, form = current_user(request), form_of(request, OwnScoreInput)
    return form_page(request, "scores/list.html", form, submit, creates=True, **history(request, user))


def submit(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    user, input_value = current_user(request), form.validated_data["input_value"]
    score = services.score_submit(input_value=input_value, user=user, by=user, at=timezone.now())
    gives = _("%(number)s gives a score of %(score)s.")
    result = gives % {"number": plain(input_value), "score": plain(score.score)}
    show_message(request, f"{result} {comparison(score)}")
    return redirect("pages:scores")


def comparison(score: Score) -> str:
    """Returns how a new verified score compares with the user's best before, and the places that it gained."""
    if score.previous_best is None:
        text = _("It is your first score.")
    elif score.score <= score.previous_best:
        return _("Your best score is still %(best)s.") % {"best": plain(score.previous_best)}
    else:
        text = _("Your best so far was %(best)s.") % {"best": plain(score.previous_best)}
    if score.rank is None:
        return text
    gained = (score.previous_rank or score.rank) - score.rank
    if not gained:
        return f"{text} " + _("You are number %(rank)s on the leaderboard.") % {"rank": score.rank}
    moved = ngettext(
        "You moved up %(count)s place, to number %(rank)s on the leaderboard.",
        "You moved up %(count)s places, to number %(rank)s on the leaderboard.",
        gained,
    )
    return f"{text} " + moved % {"count": gained, "rank": score.rank}


def history(request: HttpRequest, user: User) -> dict[str, Any]:
    """Returns a page of the user's scores, their chart, and the user's best score."""
    scores = Score.objects.recorded_for(user)
    page = list_page(request, scores, list_parameters(request, Score, HistoryParameters))
    return {"page": page, "chart": chart_of(page.rows), "best": scores.best()}


@login_not_required
@require_safe
def score_leaderboard(request: HttpRequest) -> HttpResponse:
    parameters = list_parameters(request, Score, LeaderboardParameters).validated_data
    period = Period(parameters["period"])
    board = leaderboard(period=period, size=parameters["page_size"], me=request.user.pk, at=timezone.now())
    context = {"board": board, "periods": Period.choices, "period": period}
    return render(request, "scores/leaderboard.html", context)
