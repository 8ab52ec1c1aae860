"""Officers' tokens. A token is shown once; only its hash is stored."""

import hashlib
import secrets
import string
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When
from django.http import Http404

from accounts.models import User
from common.security import log_security_event
from common.statements import compiled
from infractions.models import Officer

TOKEN_CHARACTERS = string.ascii_letters + string.digits
TOKEN_LENGTH = 30
LAST_USE_INTERVAL = timedelta(minutes=1)  # the time of the last use is written at most this often


def token_new() -> str:
    """Returns a random token of 30 letters and digits: 178 bits, too many to be guessed from a plain hash."""
    return "".join(secrets.choice(TOKEN_CHARACTERS) for _ in range(TOKEN_LENGTH))


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def officer_by_token(token: str, *, at: datetime) -> Officer | None:
    """Returns the officer with a token; None if there is none, it has expired, or the linked user is inactive.

    It takes one statement.
    """
    found = officers_by_token_hash(token_hash=token_hash(token), at=at)
    return found[0] if found else None


@compiled
def officers_by_token_hash(*, token_hash: str, at: datetime) -> QuerySet[Officer]:
    is_active = Q(user=None) | Q(user__is_active=True)
    is_current = Q(token_expires=None) | Q(token_expires__gt=at)
    return Officer.objects.filter(is_active, is_current, token_hash=token_hash).order_by()


def token_rotate(
    *, officer: Officer, token_expires: datetime | None = None, by: User | None = None, at: datetime
) -> str:
    """Returns a new token, which replaces the old one at once. Raises Http404 if the officer was deleted.

    It expires at `token_expires`. If none is given, a time in the future stays, and one that has passed is dropped.
    """
    token = token_new()
    kept = Case(When(token_expires__gt=at, then=F("token_expires")))
    changes: dict[str, Any] = {"token_hash": token_hash(token), "token_used": None}
    if not Officer.objects.filter(pk=officer.pk).update(**changes, token_expires=token_expires or kept):
        raise Http404
    log_token_change("officer_token_rotated", officer, by)
    return token


def token_revoke(*, officer: Officer, by: User | None = None) -> bool:
    """Deletes the officer's token and returns whether there was one. The time of its last use stays on record."""
    is_revoked = bool(Officer.objects.with_token().filter(pk=officer.pk).update(token_hash=None))
    if is_revoked:
        log_token_change("officer_token_revoked", officer, by)
    return is_revoked


def log_token_change(event: str, officer: Officer, by: User | None) -> None:
    log_security_event(event, user_id=officer.user_id, by_id=by.pk if by else None, officer_id=officer.pk)


def token_use_record(*, officer: Officer, at: datetime) -> bool:
    """Records that the officer's token was used and returns whether it did: it writes once a minute at most.

    If the token was rotated after `officer` was read, the new token has not been used, and nothing is written.
    """
    before = at - LAST_USE_INTERVAL
    if officer.token_used is not None and officer.token_used > before:
        return False
    is_due = Q(token_used=None) | Q(token_used__lte=before)
    same_token = Officer.objects.filter(is_due, pk=officer.pk, token_hash=officer.token_hash)
    return bool(same_token.update(token_used=at))
