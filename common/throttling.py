"""Throttles that all processes share. Each attempt is counted by one statement, before it is carried out."""

import hashlib
import re
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.exceptions import Throttled

from common.models import ThrottleWindow
from common.rates import Rate

# A window begins with its first attempt and is renewed in place. No row is returned when the limit is reached.
COUNT_SQL = """
    INSERT INTO common_throttlewindow AS current (key, hits, ends) VALUES (%(key)s, 1, %(ends)s)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN current.ends <= %(at)s THEN 1 ELSE current.hits + 1 END,
        ends = CASE WHEN current.ends <= %(at)s THEN %(ends)s ELSE current.ends END
    WHERE current.ends <= %(at)s OR current.hits < %(limit)s
    RETURNING hits
"""
UNCOUNT_SQL = "UPDATE common_throttlewindow SET hits = hits - 1 WHERE key = %s AND hits > 0"
DELETE_ENDED_SQL = """
    DELETE FROM common_throttlewindow WHERE key IN
        (SELECT key FROM common_throttlewindow WHERE ends <= %s ORDER BY ends LIMIT 10 FOR UPDATE SKIP LOCKED)
"""


def count_attempt(name: str, *subject: str, at: datetime) -> None:
    """Counts an attempt of `subject` against the rate `name` in settings.THROTTLES.

    Raises Throttled, with the seconds to wait, if the limit is reached.
    """
    rate = Rate.parse(settings.THROTTLES[name])
    key = window_key(name, *subject)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SQL, {"key": key, "at": at, "ends": at + rate.period, "limit": rate.limit})
        counted = cursor.fetchone() if rate.limit else None
        if counted == (1,):  # each new window deletes some that have ended, so that the table does not grow
            cursor.execute(DELETE_ENDED_SQL, [at])
    if counted is None:
        ends = ThrottleWindow.objects.filter(key=key).values_list("ends", flat=True).first()
        raise Throttled(wait=max(1, ceil(((ends or at) - at).total_seconds())))


def uncount_attempt(name: str, *subject: str) -> None:
    """Takes back one counted attempt, which turned out not to count."""
    with connection.cursor() as cursor:
        cursor.execute(UNCOUNT_SQL, [window_key(name, *subject)])


def window_key(name: str, *subject: str) -> str:
    return hashlib.sha256("\0".join((name, *subject)).encode("utf-8", "surrogatepass")).hexdigest()


def client_address(request: Any) -> str:
    """Returns the address of the client.

    It is the peer's address, or behind n trusted proxies the n-th address from the right of X-Forwarded-For. The part
    further left is ignored, because the client can forge it.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if 0 < settings.TRUSTED_PROXIES <= len(hops):
        return without_port(hops[-settings.TRUSTED_PROXIES])
    return peer


def counted_address(request: Any) -> str:
    """Returns what every throttle counts the client by: its address, or for IPv6 the /64 that the address is in.

    A subscriber gets a whole /64, and could otherwise use a new address for each attempt. An IPv4 address that is
    written as IPv6 counts as the IPv4 address.
    """
    address = client_address(request)
    try:
        ipv6 = IPv6Address(address.partition("%")[0])  # without the interface that a link-local address may name
    except ValueError:
        return address
    return str(ipv6.ipv4_mapped or IPv6Network((ipv6, 64), strict=False))


def without_port(hop: str) -> str:
    """Returns an address without the client's port, which some proxies add: each connection would have its own."""
    match = re.fullmatch(r"\[(.+)\](?::[0-9]+)?|([0-9.]+):[0-9]+", hop)
    return match[1] or match[2] if match else hop
