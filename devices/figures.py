"""The devices on the dashboard."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from common.admin.figures import Chart, Figure, Number, Piece, Point, list_url, number_of
from common.days import in_week
from devices.models import COMMON_MODELS, Device


def devices(*, at: datetime) -> list[Piece]:
    counts = list(Device.objects.count_by_model()[:COMMON_MODELS])
    total = counts[0]["total"] if counts else 0
    week = in_week("created_at", timezone.localdate(at))
    return [
        Figure(_("Devices"), Number(total, list_url(Device))),
        Figure(_("Added this week"), number_of(Device.objects.filter(**week.lookups), **week.parameters)),
        chart_by_model({row["model"]: row["count"] for row in counts}, total),
    ]


def chart_by_model(counts: dict[str, int], total: int) -> Chart:
    """Returns a chart of the most common models, and the sum of the others if there are any."""
    points = [
        Point(model, [Number(count, list_url(Device, model__slug__exact=model))]) for model, count in counts.items()
    ]
    if others := total - sum(counts.values()):
        points.append(Point(_("Other models"), [Number(others, list_url(Device, common="no"))]))
    empty = _("There are no devices yet.")
    return Chart(_("Devices by model"), _("Model"), [_("Devices")], points, empty, is_horizontal=True)
