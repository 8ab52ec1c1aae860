"""Authenticates users by bearer token."""

from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, Token
from rest_framework_simplejwt.utils import aware_utcnow

from accounts.models import IssuedRefreshToken, User
from accounts.tokens import FAMILY_CLAIM, belongs_to_session
from common.queries import new_row

KEPT_TOKENS = 1_000  # in each process; one takes about 2 kB
SCHEMES = {scheme.lower().encode(): scheme.encode() for scheme in api_settings.AUTH_HEADER_TYPES}


class TokenAuthentication(JWTAuthentication):
    """Looks up the user at each request, and refuses tokens of an older password or of a family that has ended."""

    def get_header(self, request: Request) -> bytes:
        """Returns the header with its scheme spelled as simplejwt expects it: HTTP allows any case."""
        scheme, space, credentials = (super().get_header(request) or b"").partition(b" ")
        header: bytes = SCHEMES.get(scheme.lower(), scheme) + space + credentials
        return header

    def get_validated_token(self, raw_token: bytes) -> Token:
        """Returns the token of a header. Raises InvalidToken if it is not one of ours, or has expired."""
        try:
            token = kept_token(raw_token)
            token.check_exp(current_time=aware_utcnow())
        except TokenError:
            return super().get_validated_token(raw_token)  # raises the error that tells what is wrong
        return token

    def get_user(self, validated_token: Token) -> Any:
        user = active_user(validated_token)
        if user is None:
            raise AuthenticationFailed(_("This token has been revoked."))
        if not belongs_to_session(validated_token, user):
            raise AuthenticationFailed(_("The password has changed since this token was issued."))
        return user


@lru_cache(KEPT_TOKENS)
def kept_token(raw: bytes) -> AccessToken:
    """Verifies the signature and the claims of a token once. Only its end depends on the time.

    A client makes several calls with a token. Raises TokenError, after which nothing is kept.
    """
    return AccessToken(raw)  # type: ignore[arg-type]  # simplejwt declares the decoded token


LIVE_FAMILY_SQL = f"""
    EXISTS (SELECT FROM {IssuedRefreshToken._meta.db_table} AS token
    WHERE token.user_id = {User._meta.db_table}.id AND token.family = %s)
"""


@cache
def user_sql() -> tuple[str, list[str]]:
    """Returns the statement that reads an active user by id, and the names of its columns as the model's attributes."""
    fields = User._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    sql = f'SELECT {columns} FROM "{User._meta.db_table}" WHERE id = %s AND is_active'  # noqa: S608
    return sql, [field.attname for field in fields]


def active_user(token: Token) -> User | None:
    """Returns the active user of an access token whose family lives. The family has ended with its refresh token.

    Each call with a token reads its user. A plain statement takes a third of the time of the same query by a queryset.
    """
    (sql, names), values = user_sql(), [token.get(api_settings.USER_ID_CLAIM)]
    family = token.get(FAMILY_CLAIM)
    if family is not None:  # tokens of the release before families live for 15 minutes more
        try:
            values.append(UUID(family))
        except (TypeError, ValueError, AttributeError) as error:
            raise InvalidToken from error
        sql = f"{sql} AND {LIVE_FAMILY_SQL}"
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return None if row is None else new_row(User, names, row)


def current_user(request: Request | HttpRequest) -> User:
    """Returns the signed-in user, for code that a permission has closed to anonymous callers.

    Raises TypeError if the user is anonymous.
    """
    if not isinstance(request.user, User):
        raise TypeError("This call needs a signed-in user.")
    return request.user
