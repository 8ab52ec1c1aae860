"""The dashboard's figures of scores."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from common.admin.figures import Figure, Piece, number_of
from common.days import in_week, on_day
from scores.models import Score


def scores(*, at: datetime) -> list[Piece]:
    day = timezone.localdate(at)
    today, week = on_day("date_submitted", day), in_week("date_submitted", day)
    claims = Score.objects.claimed().filter(**week.lookups)
    return [
        Figure(_("New today"), number_of(Score.objects.filter(**today.lookups), **today.parameters)),
        Figure(_("Unverified claims this week"), number_of(claims, verified__exact=0, **week.parameters)),
    ]
