"""The rules for new passwords, for every way to set one."""

from django.contrib.auth.password_validation import validate_password
from django.core.validators import MaxLengthValidator

from accounts.models import User

MAX_PASSWORD_LENGTH = 128


def check_password_rules(password: str, user: User | None) -> str:
    """Returns the password. Raises ValidationError if it is too long, or weak (AUTH_PASSWORD_VALIDATORS)."""
    MaxLengthValidator(MAX_PASSWORD_LENGTH)(password)
    validate_password(password, user)
    return password
