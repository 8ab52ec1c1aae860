"""Deletes what has run out: sessions, tokens, counts of throttles, uploads, and accounts that were never confirmed.

Each batch is a transaction of its own and skips rows that another run has locked, so that two runs at once do no harm
and a request never waits long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction

from accounts.models import IssuedRefreshToken, KnownAddress, OneTimeCode, UsedRefreshToken, User, WrongPasswordStreak
from accounts.streaks import FORGET_STREAK_AFTER
from accounts.unconfirmed import unconfirmed_account_end
from common.models import CsvUpload, FormSubmission, ThrottleWindow
from common.submissions import KEEP_FOR

BATCH_SIZE = 1000  # rows
CONFIRM_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class Ended:
    """Accounts that were never confirmed in time: those that were deleted, and those that were kept and emptied."""

    deleted: list[int]
    emptied: list[int]


def expired(*, at: datetime) -> dict[str, models.QuerySet[Any]]:
    """Returns the rows that have run out at a time, by what they are."""
    streaks_end = at - FORGET_STREAK_AFTER
    return {
        "sessions": Session.objects.filter(expire_date__lt=at),
        "refresh tokens": IssuedRefreshToken.objects.filter(expires__lte=at),
        "used refresh tokens": UsedRefreshToken.objects.filter(expires__lte=at),
        "throttles": ThrottleWindow.objects.filter(ends__lte=at),
        "rows of wrong passwords": WrongPasswordStreak.objects.filter(failed_at__lte=streaks_end),
        "one-time codes": OneTimeCode.objects.filter(expires_at__lte=at),
        "submitted forms": FormSubmission.objects.filter(created_at__lte=at - KEEP_FOR),
        "known addresses": KnownAddress.objects.filter(expires__lte=at),
        "uploads": CsvUpload.objects.filter(created_at__lte=at - timedelta(seconds=settings.IMPORT_MAX_AGE)),
    }


def expired_delete(rows: models.QuerySet[Any]) -> Iterator[int]:
    """Deletes the rows in batches, and yields the number of each batch."""
    while True:
        with transaction.atomic():
            locked = rows.order_by("pk").select_for_update(skip_locked=True)
            keys = list(locked.values_list("pk", flat=True)[:BATCH_SIZE])
            if keys:
                rows.model._base_manager.filter(pk__in=keys).delete()
        if not keys:
            return
        yield len(keys)


def unconfirmed(*, at: datetime) -> models.QuerySet[User]:
    """Returns the accounts that had CONFIRM_WITHIN to confirm their address and did not, oldest first."""
    due: models.QuerySet[User] = User.objects.never_confirmed().filter(unconfirmed_since__lte=at - CONFIRM_WITHIN)
    return due.order_by("unconfirmed_since", "pk")


def unconfirmed_end(*, at: datetime) -> Ended:
    """Ends all accounts that `unconfirmed` returns (see `unconfirmed_account_end`), each by itself."""
    ended = Ended([], [])
    for user in unconfirmed(at=at).iterator(chunk_size=BATCH_SIZE):
        is_deleted = unconfirmed_account_end(user=user, at=at)
        (ended.deleted if is_deleted else ended.emptied).append(user.pk)
    return ended
