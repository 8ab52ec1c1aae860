"""What the apps tell on the dashboard of the back office: each number leads to the list of the rows behind it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Aggregate, Count, DateField, Model, QuerySet
from django.db.models.functions import Trunc
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import Truncator

COLORS = ("var(--color-primary-500)", "var(--color-orange-500)")  # of the series, to be told from light and from dark
TICKS = "#7b8494"  # to be read on light and on dark

day_and_month = partial(date_format, format="j M")


@dataclass(frozen=True)
class Number:
    """A number, or with a currency an amount, and the list that it leads to."""

    value: int | Decimal
    url: str
    currency: str = ""


@dataclass(frozen=True)
class Figure:
    """A number by itself."""

    label: str
    number: Number
    note: str = ""
    template: ClassVar[str] = "admin/dashboard/figure.html"


@dataclass(frozen=True)
class Point:
    """One place on the axis of a chart, with a number of each series."""

    label: str
    numbers: Sequence[Number]


@dataclass(frozen=True)
class Chart:
    """A chart, and a table of the same: `axis` and `series` head its columns."""

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
        """For Chart.js, which unfold brings along."""
        columns = list(zip(*(point.numbers for point in self.points), strict=True))
        bars = zip(self.series, columns, COLORS, strict=False)
        return json.dumps(
            {
                "labels": [Truncator(point.label).chars(18) for point in self.points],
                "datasets": [dataset(*bar) for bar in bars],
            }
        )

    @property
    def options(self) -> str:
        """As Chart.js takes them; the names are along one axis and the numbers along the other."""
        ticks = {"color": TICKS, "precision": 0, "maxRotation": 0, "autoSkip": not self.is_horizontal}
        axes = (
            {"stacked": True, "ticks": ticks, "grid": {"display": False}},
            {"stacked": True, "ticks": ticks, "grid": {}},
        )
        options = {
            "animation": False,
            "maintainAspectRatio": False,
            "indexAxis": "y" if self.is_horizontal else "x",
            "plugins": {"legend": {"display": len(self.series) > 1, "labels": {"color": TICKS}}},
            "scales": dict(zip("yx" if self.is_horizontal else "xy", axes, strict=True)),
        }
        return json.dumps(options)


def dataset(label: str, numbers: Sequence[Number], color: str) -> dict[str, Any]:
    """One series as Chart.js takes it."""
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
    """A few rows, each leading to its page."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Row]
    empty: str
    template: ClassVar[str] = "admin/dashboard/table.html"


Piece = Figure | Chart | Table


def list_url(model: type[Model], **parameters: Any) -> str:
    """The admin's list as its filters, or lookups of fields, narrow it."""
    return f"{reverse(page_name(model, 'changelist'))}?{urlencode(parameters)}"


def page_url(row: Model) -> str:
    """The admin's page of a row."""
    return reverse(page_name(type(row), "change"), args=[row.pk])


def page_name(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def number_of(rows: QuerySet, **parameters: Any) -> Number:
    """How many rows there are, leading to the list with these parameters."""
    return Number(rows.count(), list_url(rows.model, **parameters))


def totals(rows: QuerySet, field: str, period: str, total: Aggregate | None = None) -> dict[date, Any]:
    """How many rows, or what `total`, fell to each "day", or "week" by its Monday, that any fell to."""
    start = Trunc(field, period, output_field=DateField())
    grouped = rows.values(start=start).annotate(total=total or Count("pk"))
    return dict(grouped.values_list("start", "total"))
