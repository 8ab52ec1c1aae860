"""Days and weeks in TIME_ZONE."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone


def day_start(day: date) -> datetime:
    """Returns the first moment of a day in TIME_ZONE.

    It is 1:00 where the clocks go forward from 0:00 to 1:00, and the first of the two midnights where they go back over
    midnight.
    """
    midnight = datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
    return midnight.astimezone(UTC)  # Python compares a midnight that is skipped or occurs twice as unequal to any time


def week_begin(day: date) -> date:
    """Returns the Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def last_days(number: int, *, at: datetime) -> list[date]:
    """Returns the last `number` days, including the day of `at`, in order."""
    today = timezone.localdate(at)
    return [today - timedelta(days=ago) for ago in reversed(range(number))]


def last_weeks(number: int, *, at: datetime) -> list[date]:
    """Returns the Mondays of the last `number` weeks, including the week of `at`, in order."""
    monday = week_begin(timezone.localdate(at))
    return [monday - timedelta(weeks=ago) for ago in reversed(range(number))]


@dataclass(frozen=True)
class Span:
    """The days of TIME_ZONE from `first` to `last`, both included, in a time field."""

    field: str
    first: date
    last: date

    @property
    def lookups(self) -> dict[str, datetime]:
        """The lookups that filter a queryset by the span."""
        after = self.last + timedelta(days=1)
        return {f"{self.field}__gte": day_start(self.first), f"{self.field}__lt": day_start(after)}

    @property
    def parameters(self) -> dict[str, str]:
        """The query parameters for an admin list that has a DayRangeFilter of the field."""
        return {f"{self.field}_from": self.first.isoformat(), f"{self.field}_to": self.last.isoformat()}


def on_day(field: str, day: date) -> Span:
    return Span(field, day, day)


def in_week(field: str, day: date) -> Span:
    """Returns the week of a day."""
    monday = week_begin(day)
    return Span(field, monday, monday + timedelta(days=6))
