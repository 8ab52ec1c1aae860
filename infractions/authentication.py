"""Who an officer's token is."""

import re
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.authentication import current_user
from infractions.models import Officer
from infractions.tokens import LENGTH, officer_by_token, token_use

TOKEN = re.compile(rb"[A-Za-z0-9]{%d}\Z" % LENGTH)
REFUSED = _("This is no token of an officer who may use one.")


class TokenHolder(AnonymousUser):
    """The caller behind an officer's token: known, but no user, so without account, permission or admin."""

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        return True

    @property
    def is_anonymous(self) -> bool:  # type: ignore[override]
        return False


class OfficerAuthentication(BaseAuthentication):
    """`Token <30 characters>`, or the same after `Bearer`: an access token has dots, so that they cannot be mixed up.

    Stands only on the views that a token opens. It is the officer who calls, never the linked user.
    """

    def authenticate(self, request: Request) -> tuple[TokenHolder, Officer] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        is_token = TOKEN.match(token) is not None
        if scheme.lower() != b"token" and not (scheme.lower() == b"bearer" and is_token):
            return None
        officer = officer_by_token(token.decode()) if is_token else None
        if officer is None:
            raise AuthenticationFailed(REFUSED)
        token_use(officer=officer, at=self.time_of(request))
        return TokenHolder(), officer

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    def time_of(self, request: Any) -> Any:
        """The time that the view has read."""
        return request.parser_context["view"].at


def officer_of(request: Request) -> Officer | None:
    """The officer who calls, by a token, or else by the account that is linked."""
    if isinstance(request.auth, Officer):
        return request.auth
    return Officer.objects.filter(user=current_user(request)).first()
