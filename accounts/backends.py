"""Checks passwords for every way to sign in (token calls, pages, admin) and for changing a password."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User, canonical_name
from common.throttling import count_attempt, counted_address, uncount_attempt

WRONG_CREDENTIALS = _("The username or password is wrong.")

ThrottleKey = tuple[str, ...]  # the name of a rate, and what it counts


class PasswordBackend(ModelBackend):
    """Authenticates by username or email address and password, and throttles wrong passwords.

    An attempt is counted before the password is checked, and the count is given back if the password was right:
    otherwise many simultaneous guesses would all be checked. Known and unknown names are counted and hashed alike, so
    that neither the answer nor its time tells which names exist. Raises Throttled.
    """

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        name = username or kwargs.get("email")
        if not name or password is None:
            return None
        keys = attempt_begin(request, name)
        user: User | None = User.objects.by_name(name).first()
        if user is None:
            User().set_password(password)  # takes as long as checking the password of a known name
            return None
        if not (user.check_password(password) and self.user_can_authenticate(user)):
            return None
        attempt_succeeded(keys)
        return user


def attempt_begin(request: Any, name: str) -> list[ThrottleKey]:
    """Counts an attempt to enter the password of a name, and returns the keys that it was counted under.

    Raises Throttled after too many attempts from the address, or at the name from the address.
    """
    if request is None:  # a shell or a test has no address
        return []
    address, at = counted_address(request), timezone.now()
    by_address, by_name = ("login_address", address), ("login_name", address, canonical_name(name))
    count_attempt(*by_address, at=at)
    try:
        count_attempt(*by_name, at=at)
    except Exception:
        uncount_attempt(*by_address)
        raise
    return [by_address, by_name]


def attempt_succeeded(keys: list[ThrottleKey]) -> None:
    """Gives back an attempt that `attempt_begin` counted."""
    for key in keys:
        uncount_attempt(*key)
