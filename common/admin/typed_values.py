"""Numbers and times as people and spreadsheets write them. What can be read in two ways is refused."""

import re
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

GROUP_SPACE = re.compile(r"(?<=\d)[\s\u00a0\u202f'’](?=\d{3}(?!\d))")  # noqa: RUF001
GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[.,]\d{3})+")
DATE = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:\s*([ap])\.?\s?m\.?)?)?",
    re.IGNORECASE,
)
LAST_MONTH = 12
CENTURY = 2000  # of years of two digits, as spreadsheets write them


def plain_number(text: str) -> str:
    """Returns a number with a decimal point if it is not whole, and without groups, or the text if it is no number.

    Raises ValidationError for a number such as `1.234` or `1,234`, whose mark may be a decimal or a group's.
    """
    number = GROUP_SPACE.sub("", text.strip())
    marks = re.findall(r"[.,]", number)
    if not marks:
        return number
    whole, mark, fraction = number.rpartition(marks[-1])
    if len(marks) == 1 and GROUPS.fullmatch(number):
        message = _("%(number)s can be read in two ways. Write it without the comma or point, or with other decimals.")
        raise ValidationError(message % {"number": number})
    if len(marks) > 1 and len(set(marks)) == 1:
        return number.replace(mark, "") if GROUPS.fullmatch(number) else number
    if len(marks) > 1 and not (GROUPS.fullmatch(whole) and mark not in whole):
        return number
    return re.sub(r"[.,]", "", whole) + (f".{fraction}" if fraction.strip("0") else "")


def typed_time(text: str) -> datetime:
    """Returns a time, naive if it has no offset. Raises ValidationError if it is no time, or may be one of two days.

    In English, `3/4/2026` is a day in March for some and in April for others. Elsewhere, the day comes first.
    """
    match = DATE.fullmatch(text.strip())
    try:
        found = parse_datetime(text.strip()) or (match and date_of(match))
    except ValueError:
        found = None
    if found is None:
        message = _("%(text)s is not a date and time, such as 2026-11-21T09:30:00Z.")
        raise ValidationError(message % {"text": text[:50]})
    return found


def date_of(match: "re.Match[str]") -> datetime:
    """Returns the time that DATE found. Raises ValueError for one that does not exist."""
    first, mark, middle, last = match[1], match[2], int(match[3]), match[4]
    year, month, day = int(last), middle, int(first)
    if len(first) > len("31"):
        year, month, day = int(first), middle, int(last)
    elif mark != "." and (get_language() or "").startswith("en"):
        if month <= LAST_MONTH and day <= LAST_MONTH and month != day:
            message = _("%(date)s can be read in two ways. Write it as in 2026-11-21.")
            raise ValidationError(message % {"date": match[0]})
        if month > LAST_MONTH:
            month, day = day, month
    hour, half = int(match[5] or 0), (match[8] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    year += CENTURY if year < 100 else 0
    return datetime(year, month, day, hour, int(match[6] or 0), int(match[7] or 0))  # noqa: DTZ001


def is_time(text: str, stored: datetime) -> bool:
    """Returns whether a text is a stored time, in UTC or TIME_ZONE, as far as spreadsheets write it: to the minute.

    Raises ValidationError as `typed_time` does.
    """
    found = typed_time(text)
    zones = (UTC, timezone.get_default_timezone()) if timezone.is_naive(found) else (found.tzinfo,)
    return any(stored.replace(second=0, microsecond=0) == to_minute(found.replace(tzinfo=zone)) for zone in zones)


def to_minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)
