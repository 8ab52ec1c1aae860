"""The total of wrong passwords in a row for one name, over all addresses.

The throttles by name and address do not stop somebody who guesses from many addresses. After MAX_FAILURES wrong
passwords in a row, the name has to wait before each further attempt, twice as long each time. Known and unknown names
are counted alike. An address from which somebody has signed in to the name neither counts nor waits, so that strangers
cannot keep the owner out.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import Throttled

from accounts.models import KnownAddress, User, WrongPasswordStreak, canonical_name

MAX_FAILURES = 100
FIRST_WAIT, MAX_WAIT = timedelta(minutes=1), timedelta(hours=1)
MAX_DOUBLINGS = 10  # more than from FIRST_WAIT to MAX_WAIT; keeps the power small
FORGET_STREAK_AFTER = timedelta(days=7)  # without an attempt
FORGET_ADDRESS_AFTER = timedelta(days=90)
ADDRESS_WRITE_INTERVAL = timedelta(days=1)  # a known address is written at most this often

# One statement for each attempt, so that simultaneous ones are all counted. No row is returned while the name waits.
COUNT_SQL = """
    INSERT INTO accounts_wrongpasswordstreak AS current (key, failures, failed_at) VALUES (%(key)s, 1, %(at)s)
    ON CONFLICT (key) DO UPDATE SET
        failures = current.failures + 1,
        failed_at = %(at)s,
        waits_until = CASE WHEN current.failures + 1 >= %(max)s THEN
            %(at)s + least(%(first)s * power(2, least(current.failures + 1 - %(max)s, %(doublings)s)), %(longest)s) END
    WHERE current.waits_until IS NULL OR current.waits_until <= %(at)s
    RETURNING failures
"""
UNCOUNT_SQL = """
    UPDATE accounts_wrongpasswordstreak SET failures = failures - 1, waits_until = NULL
    WHERE key = %s AND failures > 0
"""
REMEMBER_SQL = """
    INSERT INTO accounts_knownaddress AS current (key, expires)
    SELECT unnest(%(keys)s), %(expires)s
    ON CONFLICT (key) DO UPDATE SET expires = EXCLUDED.expires WHERE current.expires < %(rewrite)s
"""


def streak_count(name: str, address: str, *, at: datetime) -> int:
    """Counts an attempt at a name before its password is checked, and returns its place in the row of wrong ones.

    Returns 0 for an address that the name knows. Raises Throttled, with the seconds to wait, while the name waits.
    """
    if KnownAddress.objects.filter(key=address_key(name, address), expires__gt=at).exists():
        return 0
    key = name_key(name)
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            "key": key,
            "at": at,
            "max": MAX_FAILURES,
            "first": FIRST_WAIT,
            "longest": MAX_WAIT,
            "doublings": MAX_DOUBLINGS,
        }
        cursor.execute(COUNT_SQL, parameters)
        counted = cursor.fetchone()
    if counted is None:
        until = WrongPasswordStreak.objects.filter(key=key).values_list("waits_until", flat=True).first()
        raise Throttled(wait=max(1, ceil(((until or at) - at).total_seconds())))
    return int(counted[0])


def streak_uncount(name: str) -> None:
    """Takes back an attempt whose password was not checked."""
    with connection.cursor() as cursor:
        cursor.execute(UNCOUNT_SQL, [name_key(name)])


def streak_end(name: str) -> None:
    """Ends the row of wrong passwords: the right one was entered."""
    WrongPasswordStreak.objects.filter(key=name_key(name)).delete()


def address_remember(user: User, address: str, *, at: datetime) -> None:
    """Remembers that somebody signed in to the account from an address, for its username and its email address."""
    keys = [address_key(name, address) for name in (user.username, user.email) if name]
    expires = at + FORGET_ADDRESS_AFTER
    with connection.cursor() as cursor:
        rewrite = expires - ADDRESS_WRITE_INTERVAL
        cursor.execute(REMEMBER_SQL, {"keys": sorted(keys), "expires": expires, "rewrite": rewrite})


def name_key(name: str) -> str:
    return keyed_hash("accounts.streaks.name", canonical_name(name))


def address_key(name: str, address: str) -> str:
    return keyed_hash("accounts.streaks.address", f"{canonical_name(name)}\0{address}")


def keyed_hash(salt: str, text: str) -> str:
    """Returns a hash that needs SECRET_KEY: names and addresses are few enough to be found by trying them all."""
    return salted_hmac(salt, text.encode("utf-8", "surrogatepass"), algorithm="sha256").hexdigest()
