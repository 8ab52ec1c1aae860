"""Days as TIME_ZONE counts them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone


def day_start(day: date) -> datetime:
    """The first moment of a day of TIME_ZONE.

    A day begins where its date begins: with 1:00 where the clocks go from 0:00 to 1:00, and with the first of the two
    midnights where they go back over it.
    """
    midnight = datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
    return midnight.astimezone(UTC)  # Python calls a midnight that is skipped or comes twice equal to no other time


def week_begin(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def last_days(number: int, *, at: datetime) -> list[date]:
    """So many days up to that of `at`, the earliest first."""
    today = timezone.localdate(at)
    return [today - timedelta(days=ago) for ago in reversed(range(number))]


def last_weeks(number: int, *, at: datetime) -> list[date]:
    """The Mondays of so many weeks up to that of `at`, the earliest first."""
    monday = week_begin(timezone.localdate(at))
    return [monday - timedelta(weeks=ago) for ago in reversed(range(number))]


@dataclass(frozen=True)
class Span:
    """The days of TIME_ZONE from `first` to `last`, both with all their hours, in a field of time."""

    field: str
    first: date
    last: date

    @property
    def lookups(self) -> dict[str, datetime]:
        """For querysets."""
        after = self.last + timedelta(days=1)
        return {f"{self.field}__gte": day_start(self.first), f"{self.field}__lt": day_start(after)}

    @property
    def parameters(self) -> dict[str, str]:
        """For the address of an admin's list that has a DayRangeFilter of the field."""
        return {f"{self.field}_from": self.first.isoformat(), f"{self.field}_to": self.last.isoformat()}


def on_day(field: str, day: date) -> Span:
    return Span(field, day, day)


def in_week(field: str, day: date) -> Span:
    """The week that a day lies in."""
    monday = week_begin(day)
    return Span(field, monday, monday + timedelta(days=6))
