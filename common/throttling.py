"""Limits that hold over all processes. Each attempt is counted by one statement, before it is carried out."""

import hashlib
import re
from datetime import datetime
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.exceptions import Throttled

from common.models import ThrottleWindow
from common.rates import Rate

# The window begins with the first hit and is renewed in place; nothing is returned when the limit is reached.
TAKE = """
    INSERT INTO common_throttlewindow AS held (key, hits, ends) VALUES (%(key)s, 1, %(ends)s)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN held.ends <= %(at)s THEN 1 ELSE held.hits + 1 END,
        ends = CASE WHEN held.ends <= %(at)s THEN %(ends)s ELSE held.ends END
    WHERE held.ends <= %(at)s OR held.hits < %(limit)s
    RETURNING hits
"""
GIVE_BACK = "UPDATE common_throttlewindow SET hits = hits - 1 WHERE key = %s AND hits > 0"
FORGET = """
    DELETE FROM common_throttlewindow WHERE key IN
        (SELECT key FROM common_throttlewindow WHERE ends <= %s ORDER BY ends LIMIT 10 FOR UPDATE SKIP LOCKED)
"""


def take(name: str, *who: str, at: datetime) -> None:
    """Counts a hit of `who` against the rate of that name in settings.THROTTLES; Throttled when there is none left."""
    rate = Rate.parse(settings.THROTTLES[name])
    key = window_key(name, *who)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"key": key, "at": at, "ends": at + rate.period, "limit": rate.limit})
        taken = cursor.fetchone() if rate.limit else None
        if taken == (1,):
            cursor.execute(FORGET, [at])
    if taken is None:
        ends = ThrottleWindow.objects.filter(key=key).values_list("ends", flat=True).first()
        raise Throttled(wait=max(1, ceil(((ends or at) - at).total_seconds())))


def give_back(name: str, *who: str) -> None:
    """Takes back one hit: the attempt turned out not to be one that counts."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, [window_key(name, *who)])


def window_key(name: str, *who: str) -> str:
    return hashlib.sha256("\0".join((name, *who)).encode("utf-8", "surrogatepass")).hexdigest()


def client_address(request: Any) -> str:
    """The peer's address, or the n-th from the right of X-Forwarded-For behind n trusted proxies.

    What stands further left was written by the client itself and counts for nothing.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if 0 < settings.TRUSTED_PROXIES <= len(hops):
        return without_port(hops[-settings.TRUSTED_PROXIES])
    return peer


def without_port(hop: str) -> str:
    """Some proxies add the client's port, with which every connection would count by itself."""
    match = re.fullmatch(r"\[(.+)\](?::[0-9]+)?|([0-9.]+):[0-9]+", hop)
    return match[1] or match[2] if match else hop
