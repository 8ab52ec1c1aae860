"""Asks for the password or the second factor again before what is grave.

Pages and the back office ask once in ACCOUNT_REAUTHENTICATION_TIMEOUT. Calls with a token carry `password` and `otp`.
"""

import time
from typing import Any

from allauth.account.decorators import reauthentication_required as sudo_required
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from accounts.authentication import current_user
from accounts.backends import password_asked_again
from accounts.factors import otp_check
from accounts.models import User

__all__ = ["confirm_identity", "is_sudo", "raise_unless_sudo", "sudo_required"]

NO_PASSWORD = _(
    "Your account has no password. Choose one on the pages of the site, or do this there after signing in again."
)


def needs_provider(user: User) -> bool:
    """Returns whether an account has neither a password nor a second factor: only the identity provider knows it."""
    return not user.has_usable_password() and not user.has_factor()


def is_sudo(request: HttpRequest) -> bool:
    """Returns whether the person has proved lately to be the owner of the account.

    allauth asks accounts without password and second factor for nothing. Here they sign in at the provider again.
    """
    user = request.user
    if isinstance(user, User) and needs_provider(user):
        records = [each["at"] for each in get_authentication_records(request, user) if each.get("reauthenticated")]
        return bool(records) and time.time() - records[-1] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return bool(did_recently_reauthenticate(request))


def raise_unless_sudo(request: HttpRequest) -> None:
    """Leads to the page that asks for the password or the second factor, unless it was entered lately.

    The exception that this raises makes allauth's middleware keep the form, and send it again afterwards.
    """
    if not is_sudo(request):
        raise ReauthenticationRequired


def confirm_identity(request: Request, data: Any) -> None:
    """Checks `password` and `otp` in the body of a grave call. A session that was asked lately needs neither.

    Raises ValidationError if the password is missing or wrong, or the account has none, OtpError, and Throttled after
    too many wrong ones.
    """
    if request.auth is None and is_sudo(request._request):
        return
    user = current_user(request)
    if not user.has_usable_password():
        raise ValidationError({"password": NO_PASSWORD})
    password = data.get("password")
    if not password:
        raise ValidationError({"password": _("This field is required.")})
    with password_asked_again(request, user):
        if not user.check_password(password):
            raise ValidationError({"password": _("The password is wrong.")})
    otp_check(request, user=user, otp=data.get("otp", ""))
