"""Times in lists, which have less room than pages."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib import admin
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, get_format, time_format


def short_date(time: datetime) -> str:
    """Returns the date of a time for a list, which stays on one line.

    The Spanish format has words and whole months, which made the list of rentals wider than its page.
    """
    short = get_format("DATE_FORMAT").replace(r" \d\e ", " ").replace("F", "b")
    return date_format(timezone.localtime(time), short.replace(" ", "\N{NO-BREAK SPACE}"))


def short_time(time: datetime) -> str:
    """Returns a time for a list."""
    return f"{short_date(time)}, {time_format(timezone.localtime(time))}"


def time_column(
    field: str, description: Any, shown: Callable[[datetime], str] = short_time
) -> Callable[[Any], str | None]:
    """Returns a list column that shows a time field, shorter than the admin does."""

    @admin.display(description=description, ordering=field)
    def time_of(row: Any) -> str | None:
        time = getattr(row, field)
        return time and shown(time)

    return time_of


def date_column(field: str, description: Any) -> Callable[[Any], str | None]:
    """Returns a list column that shows only the date of a time field, to save space."""
    return time_column(field, description, short_date)


@cache
def short_column(model: type[models.Model], column: Any) -> Any:
    """Returns the column of a list, or a shorter one if it is a time field. The same one for each request, as Django
    compares the columns with those that are sorted."""
    field = next((one for one in model._meta.fields if one.name == column), None)
    return time_column(field.name, field.verbose_name) if isinstance(field, models.DateTimeField) else column
