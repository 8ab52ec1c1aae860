"""The rates of throttles, such as 10/min. settings.THROTTLES holds the rate of each throttle."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

PERIOD_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
RATE = re.compile(r"([0-9]{1,9})/(s|sec|second|m|min|minute|h|hour|d|day)\Z")


@dataclass(frozen=True)
class Rate:
    """A number of attempts in a period."""

    limit: int
    period: timedelta

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Returns the rate that a text such as `10/min` describes. Raises ImproperlyConfigured if it is not a rate."""
        match = RATE.match(text.strip())
        if match is None:
            raise ImproperlyConfigured(f"{text!r} is not a rate such as 10/min (sec, min, hour, day).")
        return cls(int(match[1]), timedelta(seconds=PERIOD_SECONDS[match[2][0]]))
