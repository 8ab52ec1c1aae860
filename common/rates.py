"""So many in a period."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
RATE = re.compile(r"([0-9]{1,9})/(s|sec|second|m|min|minute|h|hour|d|day)\Z")


@dataclass(frozen=True)
class Rate:
    """So many hits in a period."""

    limit: int
    period: timedelta

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """From `10/min` (sec, min, hour or day)."""
        match = RATE.match(text.strip())
        if match is None:
            raise ImproperlyConfigured(f"{text!r} is not a rate such as 10/min (sec, min, hour, day).")
        return cls(int(match[1]), timedelta(seconds=PERIODS[match[2][0]]))
