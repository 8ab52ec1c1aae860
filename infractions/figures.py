"""The traffic office's figures on the dashboard."""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.admin.figures import Chart, Figure, Number, Piece, Point, day_and_month, list_url, number_of, totals
from common.days import Span, in_week, last_weeks
from infractions.models import Infraction, Objection, Officer


def infractions(*, at: datetime) -> list[Piece]:
    week = in_week("timestamp", timezone.localdate(at))
    rows = Infraction.objects.filter(**week.lookups)
    return [
        Figure(_("Infractions this week"), number_of(rows.valid(), status="valid", **week.parameters)),
        Figure(_("Void this week"), number_of(rows.void(), status="void", **week.parameters)),
        Figure(_("Objections to answer"), number_of(Objection.objects.open(), status="open")),
        weekly_chart(at=at),
    ]


def weekly_chart(*, at: datetime) -> Chart:
    weeks = last_weeks(12, at=at)
    rows = Infraction.objects.filter(**Span("timestamp", weeks[0], weeks[-1] + timedelta(days=6)).lookups)
    valid, void = (totals(some, "timestamp", "week") for some in (rows.valid(), rows.void()))
    points = [
        Point(day_and_month(week), [week_number(week, valid, "valid"), week_number(week, void, "void")])
        for week in weeks
    ]
    empty = _("Nothing was recorded in the last 12 weeks.")
    title = _("Infractions in the last 12 weeks")
    names = [pgettext("infraction", "Valid"), pgettext("infraction", "Void")]
    return Chart(title, _("Week from"), names, points, empty)


def week_number(week: date, counts: dict[date, int], status: str) -> Number:
    """Returns the count of the week that begins on that Monday, with a link to its infractions."""
    return Number(counts.get(week, 0), list_url(Infraction, status=status, **in_week("timestamp", week).parameters))


def officers(*, at: datetime) -> list[Piece]:
    return [Figure(_("Officers without a token"), number_of(Officer.objects.without_token(), token="no"))]  # noqa: S106
