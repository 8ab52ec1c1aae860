"""Accounts, and what they sign in with."""

from accounts.models.sign_in import (
    IssuedRefreshToken,
    KnownAddress,
    KnownBrowser,
    OneTimeCode,
    UsedAppCode,
    UsedRefreshToken,
    WrongPasswordStreak,
)
from accounts.models.users import (
    LOOKS_LIKE_ANOTHER,
    OLD_ALGORITHM,
    PERSONAL_FIELDS,
    SIGN_IN_APPS,
    ByUserQuerySet,
    User,
    UserQuerySet,
    canonical_name,
    new_session_salt,
)

__all__ = [
    "LOOKS_LIKE_ANOTHER",
    "OLD_ALGORITHM",
    "PERSONAL_FIELDS",
    "SIGN_IN_APPS",
    "ByUserQuerySet",
    "IssuedRefreshToken",
    "KnownAddress",
    "KnownBrowser",
    "OneTimeCode",
    "UsedAppCode",
    "UsedRefreshToken",
    "User",
    "UserQuerySet",
    "WrongPasswordStreak",
    "canonical_name",
    "new_session_salt",
]
