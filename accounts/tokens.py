"""Pairs of JWTs: an access token for 15 minutes, and a refresh token for 7 days that works once."""

import uuid
from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token

from accounts.models import IssuedRefreshToken, User

# Holds Django's session hash, which changes with the password, so that a new password ends all tokens.
SESSION_CLAIM = "session"


class TokenPair(TypedDict):
    access: str
    refresh: str


def pair_issue(user: User, *, at: datetime) -> TokenPair:
    """Returns a new access and refresh token of the user, and deletes the user's expired refresh tokens."""
    refresh = refresh_token_issue(user, at=at)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


@transaction.atomic
def refresh_token_issue(user: User, *, at: datetime) -> RefreshToken:
    refresh = RefreshToken.for_user(user)
    refresh[SESSION_CLAIM] = user.get_session_auth_hash()
    user.refresh_tokens.filter(expires__lte=at).delete()
    IssuedRefreshToken.objects.create(id=uuid.UUID(refresh["jti"]), user=user, expires=at + RefreshToken.lifetime)
    return refresh


class TokenIssuer:
    """Issues the refresh tokens of dj-rest-auth's views (`REST_AUTH["JWT_TOKEN_CLAIMS_SERIALIZER"]`)."""

    @staticmethod
    def get_token(user: User) -> RefreshToken:
        return refresh_token_issue(user, at=timezone.now())


@transaction.atomic
def pair_renew(raw: str, *, at: datetime) -> TokenPair:
    """Exchanges a refresh token, which then no longer works, for a new pair.

    Raises InvalidToken if it is not a refresh token, has expired, was used before, or its user may no longer sign in.
    """
    token = read_refresh_token(raw)
    if not IssuedRefreshToken.objects.filter(pk=uuid.UUID(token["jti"]), expires__gt=at).delete()[0]:
        raise InvalidToken(_("This refresh token was used or revoked."))
    user = User.objects.filter(pk=token[api_settings.USER_ID_CLAIM], is_active=True).first()
    if user is None or not belongs_to_session(token, user):
        raise InvalidToken(_("The account of this refresh token can no longer sign in with it."))
    return pair_issue(user, at=at)


def refresh_token_end(raw: str) -> None:
    """Revokes a refresh token. Raises InvalidToken if it is not valid or was revoked before."""
    token = read_refresh_token(raw)
    if not IssuedRefreshToken.objects.filter(pk=uuid.UUID(token["jti"])).delete()[0]:
        raise InvalidToken(_("This refresh token was used or revoked."))


def read_refresh_token(raw: str) -> RefreshToken:
    try:
        return RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise InvalidToken(_("This is not a valid refresh token.")) from error


def belongs_to_session(token: Token, user: User) -> bool:
    """Returns whether the token was issued for the user's current password."""
    return constant_time_compare(token.get(SESSION_CLAIM, ""), user.get_session_auth_hash())
