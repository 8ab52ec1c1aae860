"""Scores for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from scores.models import Score


def make_score(user: User | None, score: Any, *, at: datetime, verified: bool | None = None) -> Score:
    """Creates a score, which is verified by default if it has a user."""
    verified = user is not None if verified is None else verified
    return Score.objects.create(user=user, score=Decimal(str(score)), date_submitted=at, verified=verified)


def make_users(count: int) -> list[User]:
    """Creates users without a name or a password, the oldest first."""
    users: list[User] = User.objects.bulk_create(
        User(username=f"player{number}", password="!") for number in range(count)
    )
    return users


@contextmanager
def town_in(zone: str) -> Iterator[None]:
    """Sets TIME_ZONE for the process and for its connection to the database."""
    with override_settings(TIME_ZONE=zone), timezone.override(ZoneInfo(zone)), connection.cursor() as cursor:
        set_zone = "SELECT set_config('townhall.time_zone', %s, false)"
        cursor.execute(set_zone, [zone])
        yield
        cursor.execute(set_zone, ["UTC"])
