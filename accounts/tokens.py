"""JWT pairs: an access token for 15 minutes, a refresh token for 7 days that works once."""

import uuid
from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token

from accounts.models import IssuedRefreshToken, User

# Ties a token to the password: Django's own hash for sessions, which changes with it.
SESSION_CLAIM = "session"


class Pair(TypedDict):
    access: str
    refresh: str


@transaction.atomic
def pair_issue(user: User, *, at: datetime) -> Pair:
    """A new access and refresh token of the user; forgets the user's refresh tokens that have run out."""
    refresh = RefreshToken.for_user(user)
    refresh[SESSION_CLAIM] = user.get_session_auth_hash()
    user.refresh_tokens.filter(expires__lte=at).delete()
    IssuedRefreshToken.objects.create(id=uuid.UUID(refresh["jti"]), user=user, expires=at + RefreshToken.lifetime)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


@transaction.atomic
def pair_renew(raw: str, *, at: datetime) -> Pair:
    """A new pair for a refresh token, which is dead from then on.

    Raises InvalidToken when it is no refresh token, has run out, was used, or its user may not sign in any more.
    """
    token = read_refresh_token(raw)
    if not IssuedRefreshToken.objects.filter(pk=uuid.UUID(token["jti"]), expires__gt=at).delete()[0]:
        raise InvalidToken(_("This refresh token was used or withdrawn."))
    user = User.objects.filter(pk=token[api_settings.USER_ID_CLAIM], is_active=True).first()
    if user is None or not belongs_to_session(token, user):
        raise InvalidToken(_("This refresh token is of an account that may not sign in with it."))
    return pair_issue(user, at=at)


def refresh_token_end(raw: str) -> None:
    """Ends a refresh token; one that has ended before raises InvalidToken."""
    token = read_refresh_token(raw)
    if not IssuedRefreshToken.objects.filter(pk=uuid.UUID(token["jti"])).delete()[0]:
        raise InvalidToken(_("This refresh token was used or withdrawn."))


def read_refresh_token(raw: str) -> RefreshToken:
    try:
        return RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise InvalidToken(_("This is not a valid refresh token.")) from error


def belongs_to_session(token: Token, user: User) -> bool:
    """False once the password has changed since the token was issued."""
    return constant_time_compare(token.get(SESSION_CLAIM, ""), user.get_session_auth_hash())
