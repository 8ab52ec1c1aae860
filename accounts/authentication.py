"""Who a bearer token is."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from accounts.models import User
from accounts.tokens import belongs_to_session


class TokenAuthentication(JWTAuthentication):
    """simplejwt's, which looks the user up at each request, and refuses what was issued for an older password."""

    def get_user(self, validated_token: Token) -> Any:
        user: Any = super().get_user(validated_token)
        if not belongs_to_session(validated_token, user):
            raise AuthenticationFailed(_("The password has changed since this token was issued."))
        return user


def current_user(request: Request | HttpRequest) -> User:
    """The signed-in caller, for code behind a permission that has let nobody else through."""
    user: Any = request.user
    if isinstance(user, AnonymousUser):
        raise TypeError("This call needs a signed-in user.")
    return user
