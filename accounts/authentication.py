"""Authenticates users by bearer token."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from accounts.models import User
from accounts.tokens import belongs_to_session


class TokenAuthentication(JWTAuthentication):
    """Looks up the user at each request, and refuses tokens that were issued before the password changed.

    The scheme is accepted in any case, as RFC 9110 asks; simplejwt compares it with its setting.
    """

    def get_header(self, request: Request) -> Any:
        scheme, space, token = (super().get_header(request) or b"").partition(b" ")
        known = {name.lower().encode(): name.encode() for name in api_settings.AUTH_HEADER_TYPES}
        return known.get(scheme.lower(), scheme) + space + token or None

    def get_user(self, validated_token: Token) -> Any:
        user: Any = super().get_user(validated_token)
        if not belongs_to_session(validated_token, user):
            raise AuthenticationFailed(_("The password has changed since this token was issued."))
        return user


def current_user(request: Request | HttpRequest) -> User:
    """Returns the signed-in user, for code that a permission has closed to anonymous callers.

    Raises TypeError if the user is anonymous.
    """
    if not isinstance(request.user, User):
        raise TypeError("This call needs a signed-in user.")
    return request.user
