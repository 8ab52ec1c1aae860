"""One-time codes, which staff print for residents who lost their passwords and cannot read their email."""

import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.mail import send_password_notice
from accounts.models import OneTimeCode, User
from accounts.passwords import check_password_rules

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: 5 bits a character
CODE_LENGTH = 16  # 80 bits
GROUP_LENGTH = 4
LIFETIME = timedelta(hours=24)
SALT = "accounts.models.OneTimeCode"
# What people type for the characters that the alphabet leaves out, and what separates the groups.
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
WRONG_CODE = _("The username or the code is wrong, or the code has expired or was used.")


@transaction.atomic
def one_time_code_issue(*, user: User, by: User, at: datetime) -> str:
    """Returns a code with which the resident chooses a new password within LIFETIME. It replaces an earlier one.

    Raises PermissionDenied unless `by` may change the account now, and Conflict if the account is not active.
    """
    locked = services.account_lock(user, by)
    code = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    values = {
        "code_hash": code_hash(code, locked),
        "expires_at": at + LIFETIME,
        "created_by": by,
        "is_for_rights": by.is_superuser,
    }
    OneTimeCode.objects.update_or_create(user=locked, defaults=values)
    return "-".join(code[start : start + GROUP_LENGTH] for start in range(0, CODE_LENGTH, GROUP_LENGTH))


@transaction.atomic
def one_time_code_use(*, username: str, code: str, password: str, at: datetime) -> User:
    """Sets the password of the user to whom a code was given, ends all tokens and sessions, and tells the owner.

    Of any number of simultaneous calls with a code one succeeds. Raises ValidationError if the code is wrong, expired
    or used, if the account has gained rights since staff without rights over it made the code, or if the password is
    weak. Then nothing has changed.
    """
    # One query for known and unknown names, and for those without a code.
    found = OneTimeCode.objects.filter(user__in=User.objects.by_name(username)).select_related("user").first()
    if found is None or not is_right(found, code, at=at):
        raise ValidationError(WRONG_CODE)
    user = User.objects.lock(found.user)
    row = OneTimeCode.objects.filter(pk=user.pk).first()
    if row is None or not user.is_active or not is_right(row, code, at=at):
        raise ValidationError(WRONG_CODE)
    if user.has_rights() and not row.is_for_rights:
        raise ValidationError(WRONG_CODE)
    check_password_rules(password, user)
    services.password_replace(user, password)
    send_password_notice(user, at=at)
    return user


def is_right(row: OneTimeCode, code: str, *, at: datetime) -> bool:
    return constant_time_compare(row.code_hash, code_hash(code, row.user)) and row.expires_at > at


def code_hash(code: str, user: User) -> str:
    """Returns the hash of a code for an account with its current password.

    A new password, or the end of all sessions, makes a code wrong even if its row is still there.
    """
    value = f"{user.pk}:{user.get_session_auth_hash()}:{code.upper().translate(READ_AS)}"
    return salted_hmac(SALT, value, algorithm="sha256").hexdigest()
