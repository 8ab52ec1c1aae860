"""Pairs of JWTs: an access token for 15 minutes, and a refresh token for 7 days that works once.

The pairs that follow from one sign-in are a family. A refresh token that comes a second time was copied, so the whole
family ends. Only a client that repeats a call whose answer it did not get may do so, for a few seconds.

Code that changes a user's tokens locks the account first, and the tokens after it.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token

from accounts.clients import Client, client_of
from accounts.models import IssuedRefreshToken, UsedRefreshToken, User
from common.current_request import REQUEST
from common.security import log_security_event

# Holds Django's session hash, which changes with the password, so that a new password ends all tokens.
SESSION_CLAIM = "session"
FAMILY_CLAIM = "family"
MAX_LIVE_REFRESH_TOKENS = 20  # of one user
REPEAT_INTERVAL = timedelta(seconds=10)  # after the first use of a refresh token; using it again is refused at any time


class TokenPair(TypedDict):
    access: str
    refresh: str


def pair_issue(
    user: User,
    *,
    at: datetime,
    family: uuid.UUID | None = None,
    client: Client | None = None,
    since: datetime | None = None,
) -> TokenPair:
    """Returns a new access and refresh token of the user (see `refresh_token_issue`)."""
    refresh = refresh_token_issue(user, at=at, family=family, client=client, since=since)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


@transaction.atomic
def refresh_token_issue(
    user: User,
    *,
    at: datetime,
    family: uuid.UUID | None = None,
    client: Client | None = None,
    since: datetime | None = None,
) -> RefreshToken:
    """Returns a new refresh token of the user, of a new family if none is given.

    `client` uses the pair now, and `since` is when it signed in, if that was earlier. Deletes the user's expired
    refresh tokens, and the oldest ones over MAX_LIVE_REFRESH_TOKENS. Raises InvalidToken if the account has been
    deactivated or deleted.
    """
    if account_lock(user.pk) is None:
        raise InvalidToken(_("This account can no longer sign in."))
    family = family or uuid.uuid4()
    refresh = RefreshToken.for_user(user)
    refresh[SESSION_CLAIM], refresh[FAMILY_CLAIM] = user.get_session_auth_hash(), family.hex
    newest = user.refresh_tokens.filter(expires__gt=at).order_by("-expires", "-pk")[: MAX_LIVE_REFRESH_TOKENS - 1]
    user.refresh_tokens.exclude(pk__in=newest.values("pk")).delete()
    IssuedRefreshToken.objects.create(
        id=uuid.UUID(refresh["jti"]),
        user=user,
        expires=at + RefreshToken.lifetime,
        family=family,
        created_at=since or at,
        last_used_at=at,
        address=client.address if client else None,
        user_agent=client.user_agent if client else None,
    )
    return refresh


class TokenIssuer:
    """Issues the refresh tokens of dj-rest-auth's views (`REST_AUTH["JWT_TOKEN_CLAIMS_SERIALIZER"]`)."""

    @staticmethod
    def get_token(user: User) -> RefreshToken:
        request = REQUEST.get()
        client = None if request is None else client_of(request)
        return refresh_token_issue(user, at=timezone.now(), client=client)


def pair_renew(raw: str, *, at: datetime, client: Client | None = None) -> TokenPair:
    """Exchanges a refresh token, which then no longer works, for a new pair of the same family.

    Raises InvalidToken if it is not a refresh token, has expired, was used before, or its user may no longer sign in.
    Using it again more than REPEAT_INTERVAL after its first use ends the family.
    """
    token = read_refresh_token(raw)
    with transaction.atomic():
        user = account_lock(token[api_settings.USER_ID_CLAIM])
        if user is None or not belongs_to_session(token, user):
            raise InvalidToken(_("The account of this refresh token can no longer sign in with it."))
        used = refresh_token_use(token, at=at)
        pair = pair_issue(user, at=at, family=used.family, client=client, since=used.created_at) if used else None
    if pair is None:  # raised here, because an error inside the transaction would undo the end of the family
        raise InvalidToken(_("This refresh token was used or revoked."))
    return pair


def refresh_token_end(raw: str, *, at: datetime) -> None:
    """Ends the family of a refresh token. Raises InvalidToken as `pair_renew` does."""
    token = read_refresh_token(raw)
    with transaction.atomic():
        account_lock(token[api_settings.USER_ID_CLAIM])
        used = refresh_token_use(token, at=at)
    if used is None:
        raise InvalidToken(_("This refresh token was used or revoked."))
    log_security_event("signed_out", user_id=int(token[api_settings.USER_ID_CLAIM]))


def refresh_token_use(token: RefreshToken, *, at: datetime) -> IssuedRefreshToken | None:
    """Marks a refresh token as used, and returns its row. Returns None if it was used or revoked before.

    The account must be locked. Until a successor is issued, the family has ended.
    """
    key = uuid.UUID(token["jti"])
    issued = IssuedRefreshToken.objects.filter(pk=key, expires__gt=at).first()
    if issued is not None and IssuedRefreshToken.objects.filter(pk=key).delete()[0]:
        UsedRefreshToken.objects.create(id=key, family=issued.family, used_at=at, expires=issued.expires)
        return issued
    used = UsedRefreshToken.objects.filter(pk=key, used_at__lt=at - REPEAT_INTERVAL).first()
    if used is not None and IssuedRefreshToken.objects.filter(family=used.family).delete()[0]:
        log_security_event("refresh_token_reused", user_id=int(token[api_settings.USER_ID_CLAIM]))
    return None


def account_lock(user_id: Any) -> User | None:
    """Locks an active account until the end of the transaction. The lock does not block rows that refer to it."""
    users: QuerySet[User] = User.objects.select_for_update(no_key=True)
    return users.filter(pk=user_id, is_active=True).first()


def read_refresh_token(raw: str) -> RefreshToken:
    try:
        return RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise InvalidToken(_("This is not a valid refresh token.")) from error


def belongs_to_session(token: Token, user: User) -> bool:
    """Returns whether the token was issued for the user's current password."""
    return constant_time_compare(token.get(SESSION_CLAIM, ""), user.get_session_auth_hash())
