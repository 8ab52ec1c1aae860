"""The parts of the dashboard. Each number links to the list of the rows that it counts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Aggregate, Count, DateField, Model, QuerySet
from django.db.models.functions import Trunc
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import pgettext

# These colors are readable in the light and in the dark theme.
SERIES_COLORS = ("var(--color-primary-500)", "var(--color-orange-500)")
TICK_COLOR = "#7b8494"
FONT = {"family": "system-ui, sans-serif"}  # unfold sets its own, which the back office does not load


def day_and_month(day: date) -> str:
    """Formats a day for an axis. Spanish months begin with a small letter."""
    return date_format(day, pgettext("date format", "j M"))


@dataclass(frozen=True)
class Number:
    """A number, or an amount if it has a currency, and the URL of the list that it counts."""

    value: int | Decimal
    url: str
    currency: str = ""


@dataclass(frozen=True)
class Figure:
    """A single number with a label."""

    label: str
    number: Number
    note: str = ""
    template: ClassVar[str] = "admin/dashboard/figure.html"


@dataclass(frozen=True)
class Point:
    """A position on the axis of a chart, with one number for each series."""

    label: str
    numbers: Sequence[Number]


@dataclass(frozen=True)
class Chart:
    """A bar chart, and a table with the same numbers, whose headers are `axis` and `series`."""

    title: str
    axis: str
    series: Sequence[str]
    points: Sequence[Point]
    empty: str
    is_horizontal: bool = False
    template: ClassVar[str] = "admin/dashboard/chart.html"

    @property
    def has_values(self) -> bool:
        return any(number.value for point in self.points for number in point.numbers)

    @property
    def data(self) -> str:
        """The data for Chart.js, which is part of unfold."""
        columns = list(zip(*(point.numbers for point in self.points), strict=True))
        bars = zip(self.series, columns, SERIES_COLORS, strict=False)
        return json.dumps(
            {
                "labels": [Truncator(point.label).chars(18) for point in self.points],
                "datasets": [dataset(*bar) for bar in bars],
            }
        )

    @property
    def options(self) -> str:
        """The options for Chart.js. One axis has the labels and the other the numbers."""
        texts = {"color": TICK_COLOR, "font": FONT}
        ticks = {**texts, "precision": 0, "maxRotation": 0, "autoSkip": not self.is_horizontal}
        axes = (
            {"stacked": True, "ticks": ticks, "grid": {"display": False}},
            {"stacked": True, "ticks": ticks, "grid": {}},
        )
        options = {
            "animation": False,
            "maintainAspectRatio": False,
            "indexAxis": "y" if self.is_horizontal else "x",
            "plugins": {"legend": {"display": len(self.series) > 1, "labels": texts}},
            "scales": dict(zip("yx" if self.is_horizontal else "xy", axes, strict=True)),
        }
        return json.dumps(options)


def dataset(label: str, numbers: Sequence[Number], color: str) -> dict[str, Any]:
    """Returns a series for Chart.js."""
    return {
        "label": label,
        "data": [float(number.value) for number in numbers],
        "backgroundColor": color,
        "maxBarThickness": 24,
    }


@dataclass(frozen=True)
class Row:
    url: str
    cells: Sequence[Any]


@dataclass(frozen=True)
class Table:
    """A few rows, each with a link to its page."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Row]
    empty: str
    template: ClassVar[str] = "admin/dashboard/table.html"


Piece = Figure | Chart | Table


def list_url(model: type[Model], **parameters: Any) -> str:
    """Returns the URL of the admin list of a model, filtered by the parameters."""
    return f"{reverse(page_name(model, 'changelist'))}?{urlencode(parameters)}"


def page_url(row: Model) -> str:
    """Returns the URL of the admin page of a row."""
    return reverse(page_name(type(row), "change"), args=[row.pk])


def page_name(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def number_of(rows: QuerySet[Any], **parameters: Any) -> Number:
    """Returns the number of rows, linked to the admin list with the parameters."""
    return Number(rows.count(), list_url(rows.model, **parameters))


def totals(rows: QuerySet[Any], field: str, period: str, total: Aggregate | None = None) -> dict[date, Any]:
    """Returns the number of rows, or their `total`, by date. The period is "day" or "week", which begins on Monday.

    Periods without rows are left out.
    """
    start = Trunc(field, period, output_field=DateField())
    grouped = rows.values(start=start).annotate(total=total or Count("pk"))
    return dict(grouped.values_list("start", "total"))
