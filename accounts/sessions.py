"""Where a user is signed in: sessions of browsers, kept by allauth.usersessions, and refresh tokens of programs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.clients import client_of
from accounts.models import IssuedRefreshToken, User
from accounts.session_store import stored_key

SINCE = "signed_in_at"  # in the session: when it began
RECORDED = "recorded"  # in the session: when and under which key its use was last written down
RECORD_INTERVAL = timedelta(minutes=1)  # so that a page does not write at each request
SESSION, TOKEN = "session", "token"


@dataclass(frozen=True)
class SignIn:
    """A session or a refresh token. `id` tells neither a session's key nor a token's id."""

    id: str
    kind: str
    since: datetime | None
    last_used: datetime | None
    address: str | None
    user_agent: str
    is_current: bool
    row: Any


def on_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Begins to count the time of a session. A receiver of Django's `user_logged_in`.

    The middleware records it once more at the end of the request, because allauth sets how long it lasts after this.
    """
    at = timezone.now()
    request.session[SINCE] = at.timestamp()
    request.session.set_expiry(None)  # a kept text may have set one (accounts/expired_sessions.py)
    request.session.pop(RECORDED, None)
    if request.session.session_key:
        session_record(request, user, at=at)
    request.signed_in = True  # type: ignore[attr-defined]


def session_record(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Writes down that a session was used, at most once in RECORD_INTERVAL, and when a session of staff ends."""
    session = request.session
    key = stored_key(str(session.session_key))
    recorded_at, recorded_key = session.get(RECORDED, (0, ""))
    if recorded_key == key and at.timestamp() - recorded_at < RECORD_INTERVAL.total_seconds():
        return
    since = datetime.fromtimestamp(session.setdefault(SINCE, at.timestamp()), tz=at.tzinfo)
    session[RECORDED] = (at.timestamp(), key)
    if user.is_staff:
        session.set_expiry(
            min(
                at + timedelta(minutes=settings.STAFF_SESSION_IDLE_MINUTES),
                since + timedelta(hours=settings.STAFF_SESSION_HOURS),
            )
        )
    client = client_of(request)
    row = UserSession(
        user=user, session_key=key, ip=client.address, user_agent=client.user_agent, created_at=since, last_seen_at=at
    )
    UserSession.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["user", "ip", "user_agent", "last_seen_at"],
    )


def sign_ins(user: User, *, at: datetime, current: str | UUID | None) -> list[SignIn]:
    """Returns the live sessions and refresh tokens of a user, the one used last first.

    `current` is the key of the caller's session, or the family of the caller's token.
    """
    live = Session.objects.filter(expire_date__gt=at)
    sessions = UserSession.objects.filter(user=user, session_key__in=live.values("session_key"))
    tokens = IssuedRefreshToken.objects.filter(user=user, expires__gt=at)
    current_key = stored_key(current) if isinstance(current, str) else None
    found = [
        SignIn(
            opaque_id(SESSION, row.pk),
            SESSION,
            row.created_at,
            row.last_seen_at,
            row.ip,
            row.user_agent,
            row.session_key == current_key,
            row,
        )
        for row in sessions
    ]
    found += [
        SignIn(
            opaque_id(TOKEN, row.family),
            TOKEN,
            row.created_at,
            row.last_used_at,
            row.address,
            row.user_agent or "",
            row.family == current,
            row,
        )
        for row in tokens
    ]
    return sorted(found, key=lambda each: (each.last_used or at, each.id), reverse=True)


def opaque_id(kind: str, key: object) -> str:
    return salted_hmac("accounts.sessions", f"{kind}:{key}", algorithm="sha256").hexdigest()[:32]


def sign_in_end(*, user: User, sign_in_id: str, at: datetime) -> SignIn:
    """Ends a session, or a refresh token with its access tokens. Raises Http404 if the user has none with this id."""
    for each in sign_ins(user, at=at, current=None):
        if constant_time_compare(each.id, sign_in_id):
            end([each])
            return each
    raise Http404


def other_sign_ins_end(*, user: User, at: datetime, current: str | UUID | None) -> int:
    """Ends all sessions and refresh tokens of a user except the caller's, and returns how many there were."""
    others = [each for each in sign_ins(user, at=at, current=current) if not each.is_current]
    end(others)
    return len(others)


@transaction.atomic
def end(ended: list[SignIn]) -> None:
    keys = [each.row.session_key for each in ended if each.kind == SESSION]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    IssuedRefreshToken.objects.filter(family__in=[each.row.family for each in ended if each.kind == TOKEN]).delete()


@transaction.atomic
def sessions_end(*, user: User) -> None:
    """Ends all sessions of a user, as after a new password."""
    Session.objects.filter(session_key__in=UserSession.objects.filter(user=user).values("session_key")).delete()
    UserSession.objects.filter(user=user).delete()
