"""Tells people by mail about sign-ins from new browsers and about changes of their second factors."""

import hashlib
import re
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts import mail
from accounts.clients import Client, client_of
from accounts.models import KnownBrowser, UsedAppCode, User

BROWSER_COOKIE = f"{settings.COOKIE_PREFIX}browser"
BROWSER_COOKIE_AGE = 365 * 24 * 3600  # seconds
MAX_KNOWN_BROWSERS = 20  # of one user


def browser_key(token: str) -> str:
    return hashlib.sha256(f"browser {token}".encode("utf-8", "surrogatepass")).hexdigest()


def known_users(request: HttpRequest) -> list[int]:
    """Returns the ids of the users who have signed in with this browser."""
    token = request.COOKIES.get(BROWSER_COOKIE, "")
    return list(KnownBrowser.objects.filter(key=browser_key(token)).values_list("user_id", flat=True)) if token else []


def browser_recognize(request: HttpRequest, response: HttpResponseBase, user: User, *, at: datetime) -> None:
    """Remembers the browser that has just signed in, by a cookie, and tells the user if it is new."""
    token = request.COOKIES.get(BROWSER_COOKIE, "")
    if not re.fullmatch("[A-Za-z0-9]{32}", token):
        token = get_random_string(32)
    response.set_cookie(BROWSER_COOKIE, token, BROWSER_COOKIE_AGE, secure=settings.HTTPS, httponly=True, samesite="Lax")
    sign_in_notice(user, browser_key(token), client_of(request), at=at)


def program_recognize(request: Any, user: User, *, at: datetime) -> None:
    """Remembers the program that has just signed in, by its User-Agent, and tells the user if it is new."""
    client = client_of(request)
    key = hashlib.sha256(f"program {client.user_agent}".encode("utf-8", "surrogatepass")).hexdigest()
    sign_in_notice(user, key, client, at=at)


@transaction.atomic
def sign_in_notice(user: User, key: str, client: Client, *, at: datetime) -> None:
    """Sends a mail unless the user has signed in with this browser before, or has never signed in."""
    known = KnownBrowser.objects.filter(user=user)
    if known.filter(key=key).update(seen_at=at):
        return
    is_first = not known.exists()
    KnownBrowser.objects.bulk_create([KnownBrowser(user=user, key=key, seen_at=at)], ignore_conflicts=True)
    known.exclude(pk__in=known.order_by("-seen_at", "-pk").values("pk")[:MAX_KNOWN_BROWSERS]).delete()
    if not is_first:
        mail.send_new_sign_in(user, client=client, at=at)


def on_factor_added(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """A receiver of allauth's `authenticator_added`. Recovery codes come with the first factor."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        mail.send_notice("factor_added", user, at=timezone.now())


def on_codes_renewed(sender: Any, user: User, **kwargs: Any) -> None:
    """A receiver of allauth's `authenticator_reset`, which is sent for new recovery codes."""
    mail.send_notice("codes_renewed", user, at=timezone.now())


def on_factor_removed(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """A receiver of allauth's `authenticator_removed`."""
    if authenticator.type == Authenticator.Type.TOTP:
        UsedAppCode.objects.filter(user=user).delete()
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        mail.send_notice("factor_removed", user, at=timezone.now())
