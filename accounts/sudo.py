"""Asks for the password or the second factor again before what is grave.

Pages and the back office ask once in ACCOUNT_REAUTHENTICATION_TIMEOUT. Calls with a token carry `password` and `otp`.
"""

from typing import Any

from allauth.account.decorators import reauthentication_required as sudo_required
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from accounts.authentication import current_user
from accounts.backends import password_asked_again
from accounts.factors import otp_check

__all__ = ["confirm_identity", "raise_unless_sudo", "sudo_required"]


def raise_unless_sudo(request: HttpRequest) -> None:
    """Leads to the page that asks for the password or the second factor, unless it was entered lately.

    The exception that this raises makes allauth's middleware keep the form, and send it again afterwards.
    """
    if not did_recently_reauthenticate(request):
        raise ReauthenticationRequired


def confirm_identity(request: Request, data: Any) -> None:
    """Checks `password` and `otp` in the body of a grave call. A session that was asked lately needs neither.

    Raises ValidationError if the password is missing or wrong, OtpError, and Throttled after too many wrong ones.
    """
    if request.auth is None and did_recently_reauthenticate(request._request):
        return
    user = current_user(request)
    password = data.get("password")
    if not password:
        raise ValidationError({"password": _("This field is required.")})
    with password_asked_again(request, user):
        if not user.check_password(password):
            raise ValidationError({"password": _("The password is wrong.")})
    otp_check(request, user=user, otp=data.get("otp", ""))
