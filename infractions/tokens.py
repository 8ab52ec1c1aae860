"""Officers' tokens: shown once, kept as a hash alone."""

import hashlib
import secrets
import string
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import Http404

from infractions.models import Officer

LETTERS = string.ascii_letters + string.digits
LENGTH = 30
USE_KEPT_EVERY = timedelta(minutes=1)


def token_new() -> str:
    """Thirty letters and digits: 178 bits, so that a plain hash of it cannot be guessed backwards."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def officer_by_token(token: str) -> Officer | None:
    """Whose token it is; nobody's while the linked user is inactive. One statement."""
    active = Q(user=None) | Q(user__is_active=True)
    return Officer.objects.filter(active, token_hash=token_hash(token)).first()


def token_rotate(*, officer: Officer) -> str:
    """A new token; the one before it is dead. Raises Http404 when the officer is gone."""
    token = token_new()
    if not Officer.objects.filter(pk=officer.pk).update(token_hash=token_hash(token), token_used=None):
        raise Http404
    return token


def token_revoke(*, officer: Officer) -> bool:
    """Ends the token, if there is one, and says whether there was; when it was last used stays on record."""
    return bool(Officer.objects.with_token().filter(pk=officer.pk).update(token_hash=None))


def token_use(*, officer: Officer, at: datetime) -> bool:
    """Records that the officer's token was used, at most once a minute; whether it did.

    A token that was rotated meanwhile is another one, and has not been used.
    """
    before = at - USE_KEPT_EVERY
    if officer.token_used is not None and officer.token_used > before:
        return False
    is_due = Q(token_used=None) | Q(token_used__lte=before)
    same = Officer.objects.filter(is_due, pk=officer.pk, token_hash=officer.token_hash)
    return bool(same.update(token_used=at))
