"""Days as TIME_ZONE counts them."""

from datetime import UTC, date, datetime, time

from django.utils import timezone


def day_start(day: date) -> datetime:
    """The first moment of a day of TIME_ZONE.

    A day begins where its date begins: with 1:00 where the clocks go from 0:00 to 1:00, and with the first of the two
    midnights where they go back over it.
    """
    midnight = datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
    return midnight.astimezone(UTC)  # Python calls a midnight that is skipped or comes twice equal to no other time
