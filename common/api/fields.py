"""Serializer fields that are stricter than DRF's, which guess in some cases and raise unhandled errors in others."""

import datetime
import re
import sys
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.days import day_start
from common.queries import Parameter, kept_query

INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?\Z")
MAX_BIGINT = 2**63 - 1
MAX_DOUBLE = Decimal(sys.float_info.max)
MAX_MONEY = Decimal("99999999.99")
MIN_MONEY = Decimal("0.01")
KEY = Parameter("key", models.BigIntegerField())
TIME_RANGE = _("The time must be in the years 1900 to 9999.")
EARLIEST = datetime.datetime(1900, 1, 1, tzinfo=datetime.UTC)


class IntegerField(serializers.IntegerField):
    """A JSON integer of at most 64 bits, or its digits as a string. Floats and booleans are refused."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and INTEGER.match(data.strip()):
            data = int(data)
        if not isinstance(data, int) or isinstance(data, bool) or abs(data) > MAX_BIGINT:
            self.fail("invalid")
        return data


class NumberField(serializers.FloatField):
    """A JSON number, or a string with a number, read as a Decimal because a double would round it.

    It is written as a JSON number, without a decimal point if it is whole.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and NUMBER.match(data.strip()):
            number = Decimal(data.strip())
        elif isinstance(data, (int, float, Decimal)) and not isinstance(data, bool):
            number = Decimal(repr(data) if isinstance(data, float) else data)
        else:
            self.fail("invalid")
        if not number.is_finite() or number.copy_abs() > MAX_DOUBLE:
            self.fail("invalid")
        return number

    def to_representation(self, value: Any) -> Any:
        return int(value) if value == value.to_integral_value() else float(value)


class RelatedField(serializers.PrimaryKeyRelatedField[Any]):
    """A related row, given by its id.

    DRF's browsable pages show an input for the id: a choice would read, and show, every row.
    """

    def __init__(self, **kwargs: Any) -> None:
        style = {"base_template": "input.html", **kwargs.pop("style", {})}
        super().__init__(pk_field=IntegerField(), style=style, **kwargs)

    def use_pk_only_optimization(self) -> bool:
        return True

    def to_internal_value(self, data: Any) -> Any:
        """Returns the row, by a statement that is compiled once for the field's queryset."""
        key = IntegerField().to_internal_value(data)
        rows: Any = self.queryset  # type: ignore[arg-type]  # the stubs take it for a manager's descriptor
        found = kept_query(rows, "by key", lambda: rows.filter(pk=KEY).order_by()).rows({KEY.name: key})
        if not found:
            self.fail("does_not_exist", pk_value=key)
        return found[0]


def is_readable(time: datetime.datetime) -> bool:
    """Returns whether a time is in the years 1900 to 9999 in UTC, as it is stored, and in TIME_ZONE, as shown."""
    try:
        timezone.localtime(time)
        return time.astimezone(datetime.UTC) >= EARLIEST
    except OverflowError:
        return False


class DateTimeField(serializers.DateTimeField):
    """A time: written in UTC with `Z`, read as ISO 8601 with an offset, in the years 1900 to 9999."""

    is_shown = True  # whether pages show what is stored

    default_error_messages = {
        "offset": _("The time needs an offset from UTC, such as 2026-11-21T09:30:00Z."),
        "range": TIME_RANGE,
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=datetime.UTC, **kwargs)

    def to_representation(self, value: Any) -> Any:
        if isinstance(value, datetime.datetime) and value.tzinfo is datetime.UTC:  # as the database gives them
            return f"{value.isoformat()[:-6]}Z"
        return super().to_representation(value)

    def to_internal_value(self, value: Any) -> datetime.datetime:
        try:
            parsed = parse_datetime(value) if isinstance(value, str) and value.isascii() else None
        except ValueError:
            parsed = None
        if parsed is None:
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]](Z|±hh:mm)")
        if timezone.is_naive(parsed):
            self.fail("offset")
        try:
            parsed = parsed.astimezone(datetime.UTC)
        except OverflowError:
            self.fail("range")
        if parsed < EARLIEST or (self.is_shown and not is_readable(parsed)):
            self.fail("range")
        return parsed


class BeforeField(DateTimeField):
    """A filter for rows before a time, or before a day of TIME_ZONE: the day itself is not included."""

    is_shown = False

    default_help_text: ClassVar[Any] = (
        "Before this time, or before this day (`2026-11-28`) in the time zone of the town."
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "help_text": self.default_help_text, **kwargs})

    def to_internal_value(self, value: Any) -> datetime.datetime:
        if not isinstance(value, str) or not DAY.match(value):
            return super().to_internal_value(value)
        try:
            return self.day_limit(datetime.date.fromisoformat(value))
        except ValueError:
            return super().to_internal_value(value)  # which names the format

    def day_limit(self, day: datetime.date) -> datetime.datetime:
        """Returns the time that stands for a day."""
        if day.year < EARLIEST.year:
            self.fail("range")
        return day_start(day)


class AfterField(BeforeField):
    """A filter for rows after a time, or from the beginning of a day of TIME_ZONE: the day is included."""

    default_help_text = (
        "After this time, or from the beginning of this day (`2026-11-28`) in the time zone of the town."
    )

    def day_limit(self, day: datetime.date) -> datetime.datetime:
        return super().day_limit(day) - datetime.timedelta.resolution  # so that what happened at midnight is included


class MoneyField(serializers.DecimalField):
    """An amount with two decimal places: written as a string, read as a string or number without an exponent."""

    PATTERN = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?\Z")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=kwargs.pop("max_digits", 10), decimal_places=2, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not self.PATTERN.match(str(data).strip()):
            self.fail("invalid")
        return super().to_internal_value(data)
