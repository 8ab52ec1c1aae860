"""Authenticates users by bearer token."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from accounts.models import User, UserQuerySet
from accounts.tokens import FAMILY_CLAIM, belongs_to_session

SCHEMES = {scheme.lower().encode(): scheme.encode() for scheme in api_settings.AUTH_HEADER_TYPES}


class TokenAuthentication(JWTAuthentication):
    """Looks up the user at each request, and refuses tokens of an older password or of a family that has ended."""

    def get_header(self, request: Request) -> bytes:
        """Returns the header with its scheme spelled as simplejwt expects it: HTTP allows any case."""
        header: bytes = super().get_header(request) or b""
        scheme, space, credentials = header.partition(b" ")
        return SCHEMES.get(scheme.lower(), scheme) + space + credentials

    def get_user(self, validated_token: Token) -> Any:
        user = active_user(validated_token)
        if user is None:
            raise AuthenticationFailed(_("This token has been revoked."))
        if not belongs_to_session(validated_token, user):
            raise AuthenticationFailed(_("The password has changed since this token was issued."))
        return user


def active_user(token: Token) -> User | None:
    """Returns the active user of an access token whose family lives. One statement."""
    users: UserQuerySet = User.objects.filter(pk=token.get(api_settings.USER_ID_CLAIM), is_active=True)
    family = token.get(FAMILY_CLAIM)
    if family is None:  # issued by the release before families, at most 15 minutes before it was replaced
        return users.first()
    try:
        return users.with_live_family(UUID(family)).first()
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidToken from error


def current_user(request: Request | HttpRequest) -> User:
    """Returns the signed-in user, for code that a permission has closed to anonymous callers.

    Raises TypeError if the user is anonymous.
    """
    if not isinstance(request.user, User):
        raise TypeError("This call needs a signed-in user.")
    return request.user
