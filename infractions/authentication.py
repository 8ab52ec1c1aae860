"""Authenticates officers by token."""

import re
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.authentication import current_user
from infractions.models import Officer
from infractions.tokens import TOKEN_LENGTH, officer_by_token, token_use_record

TOKEN = re.compile(rb"[A-Za-z0-9]{%d}\Z" % TOKEN_LENGTH)
# One message for every reason, so that it does not reveal which tokens exist.
INVALID_TOKEN = _("This officer's token is not valid.")


class TokenHolder(AnonymousUser):
    """The user of a request with an officer's token: authenticated, but without an account or permissions."""

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]  # the stubs have Literal[False]
        return True

    @property
    def is_anonymous(self) -> bool:  # type: ignore[override]  # the stubs have Literal[True]
        return False


class OfficerAuthentication(BaseAuthentication):
    """Reads `Authorization: Token <30 characters>`, or the token after `Bearer`.

    A JWT contains dots, so the two cannot be confused. The caller is the officer, never the linked user. Only the views
    that a token opens have this class.
    """

    def authenticate(self, request: Request) -> tuple[TokenHolder, Officer] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        is_token = TOKEN.match(token) is not None
        if scheme.lower() != b"token" and not (scheme.lower() == b"bearer" and is_token):
            return None
        at: datetime = request.parser_context["view"].at
        officer = officer_by_token(token.decode(), at=at) if is_token else None
        if officer is None:
            raise AuthenticationFailed(INVALID_TOKEN)
        token_use_record(officer=officer, at=at)
        return TokenHolder(), officer

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def calling_officer(request: Request) -> Officer | None:
    """Returns the officer who makes the request, by token or by the linked account."""
    if isinstance(request.auth, Officer):
        return request.auth
    return Officer.objects.filter(user=current_user(request)).first()
