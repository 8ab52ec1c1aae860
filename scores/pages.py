"""One's own scores, and the leaderboard."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.serializers import Serializer

from accounts.authentication import current_user
from accounts.models import User
from common.pages import form_of, form_page, list_page, list_parameters, say
from common.templatetags.numbers import plain
from scores import services
from scores.chart import chart_of
from scores.leaderboard import Period, leaderboard
from scores.models import Score
from scores.serializers import HistoryParameters, LeaderboardParameters, OwnScoreInput


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def score_list(request: HttpRequest) -> HttpResponse:
    """Everybody may look what it is about; a score of one's own needs an account."""
    if not request.user.is_authenticated:
        if request.method == "POST":
            return redirect_to_login(request.path)
        return render(request, "scores/welcome.html")
    user, form = current_user(request), form_of(request, OwnScoreInput)
    return form_page(request, "scores/list.html", form, submit, **history(request, user))


def submit(request: HttpRequest, form: Serializer) -> HttpResponse:
    form.is_valid(raise_exception=True)
    user, sent = current_user(request), form.validated_data["input_value"]
    score = services.score_submit(input_value=sent, user=user, by=user, at=timezone.now())
    say(request, _("%(sent)s made a score of %(score)s.") % {"sent": plain(sent), "score": plain(score.score)})
    return redirect("pages:scores")


def history(request: HttpRequest, user: User) -> dict[str, Any]:
    """A page of the user's scores, as a table and as a chart, and the best of all."""
    scores = Score.objects.recorded_for(user)
    page = list_page(request, scores, list_parameters(request, Score, HistoryParameters))
    return {"page": page, "chart": chart_of(page.rows), "best": scores.best()}


@login_not_required
@require_safe
def score_leaderboard(request: HttpRequest) -> HttpResponse:
    asked = list_parameters(request, Score, LeaderboardParameters).validated_data
    period = Period(asked["period"])
    board = leaderboard(period=period, size=asked["page_size"], me=request.user.pk, at=timezone.now())
    context = {"board": board, "periods": Period.choices, "period": period}
    return render(request, "scores/leaderboard.html", context)
