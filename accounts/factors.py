"""Second factors: authenticator apps, passkeys and recovery codes, kept by allauth.mfa.

A code works once. allauth remembers used codes in Django's cache, which each process has for itself, so here the
database holds the rule.
"""

import unicodedata
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException

from accounts.backends import attempt_begin, attempt_failed, code_succeeded
from accounts.encryption import factor_cipher
from accounts.mail import send_notice
from accounts.models import UsedAppCode, User
from common.security import log_security_event

WRONG_CODE = _("The code is wrong or was used before.")
# Codes of the time step of the last one, and of earlier steps, no longer work (RFC 6238, section 5.2).
USE_STEP_SQL = f"""
    INSERT INTO {UsedAppCode._meta.db_table} AS used (user_id, step) VALUES (%s, %s)
    ON CONFLICT (user_id) DO UPDATE SET step = excluded.step WHERE used.step < excluded.step
"""  # noqa: S608


class OtpError(APIException):
    """401 with a `code`, for a call whose password is right but whose second factor is not."""

    status_code = status.HTTP_401_UNAUTHORIZED
    auth_header = 'Bearer realm="api"'

    def __init__(self, detail: Any, code: str) -> None:
        super().__init__(detail, code)
        self.detail = {"detail": detail, "code": code}  # type: ignore[dict-item]


class FactorAdapter(DefaultMFAAdapter):
    """Encrypts the secrets of factors, and names the site by SITE_URL, never by the Host header of a request."""

    def encrypt(self, text: str) -> str:
        return factor_cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return factor_cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002  allauth passes it by name
        """Returns the name of a new passkey in the words of the site, where allauth's would be "Master key"."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}

    def _get_site_name(self) -> str:
        return urlsplit(settings.SITE_URL).hostname or ""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": self._get_site_name(), "name": self._get_site_name()}


def otp_check(request: Any, *, user: User, otp: str) -> None:
    """Checks the second factor of a user whose password was right. Does nothing if the user has none.

    A wrong code counts as a wrong password. Raises OtpError if the code is missing or wrong, and Throttled.
    """
    if not user.has_factor():
        return
    if not otp:
        raise OtpError(_("Enter a code of your authenticator app, or a recovery code."), "otp_required")
    if code_use(request, user=user, code=otp) is None:
        raise OtpError(WRONG_CODE, "otp_wrong")


def code_use(request: Any, *, user: User, code: str) -> Authenticator | None:
    """Uses up a code of the user's authenticator app, or a recovery code, and returns what it belongs to.

    Returns None if the code is wrong or was used before. Raises Throttled after too many wrong ones.
    """
    attempt = attempt_begin(request, user.username)
    code = plain_digits(code)
    for authenticator in Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN):
        if authenticator.type == Authenticator.Type.TOTP:
            secret = FactorAdapter().decrypt(authenticator.data["secret"])
            is_right = app_code_use(user=user, secret=secret, code=code)
        else:
            is_right = authenticator.wrap().validate_code(code)  # locks the row
        if is_right:
            code_succeeded(attempt, user)
            return authenticator
    attempt_failed(attempt, user)
    return None


def plain_digits(code: str) -> str:
    """Returns a code without spaces, and with digits of other scripts as 0 to 9; empty if it has anything else."""
    try:
        return "".join(str(unicodedata.digit(character)) for character in code if not character.isspace())
    except ValueError:
        return ""


def app_code_use(*, user: User, secret: str, code: str) -> bool:
    """Uses up a code of an authenticator app. Returns False if it is wrong, or no newer than the last one."""
    for step in yield_hotp_counters_from_time():
        if constant_time_compare(format_hotp_value(hotp_value(secret, step)), code):
            with connection.cursor() as cursor:
                cursor.execute(USE_STEP_SQL, [user.pk, step])
                return bool(cursor.rowcount == 1)
    return False


@transaction.atomic
def factors_reset(*, user: User, by: User, at: datetime) -> None:
    """Removes all factors of a user who has lost them, and tells the user by mail."""
    UsedAppCode.objects.filter(user=user).delete()
    if Authenticator.objects.filter(user=user).delete()[0]:
        log_security_event("factors_reset", user_id=user.pk, by_id=by.pk)
        send_notice("factors_reset", user, at=at)


@transaction.atomic
def factors_encrypt() -> int:
    """Encrypts the secrets of all factors under the first key, and returns how many there are."""
    count, cipher = 0, factor_cipher()
    for authenticator in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).select_for_update():
        name = "secret" if authenticator.type == Authenticator.Type.TOTP else "seed"
        authenticator.data[name] = cipher.rotate(authenticator.data[name].encode()).decode()
        authenticator.save(update_fields=["data"])
        count += 1
    return count
