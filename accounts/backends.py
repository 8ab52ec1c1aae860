"""The one place where a password is checked, whatever the door: token calls, pages, admin, password change."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User, folded
from common.throttling import client_address, give_back, take

WRONG = _("The name or the password is wrong.")


class PasswordBackend(ModelBackend):
    """Username or e-mail and password, with the throttle of wrong passwords.

    An attempt is counted before the password is looked at and taken back when it was right, so that many guesses at
    once cannot all pass. Known and unknown names are counted and hashed alike. Raises Throttled.
    """

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        name = username or kwargs.get("email")
        if not name or password is None:
            return None
        counted = attempt_begin(request, name)
        user = User.objects.by_name(name).first()
        if user is None:
            User().set_password(password)  # as long as a known name takes
            return None
        if not (user.check_password(password) and self.user_can_authenticate(user)):
            return None
        attempt_succeeded(counted)
        return user


Counted = list[tuple[str, ...]]


def attempt_begin(request: Any, name: str) -> Counted:
    """Counts an attempt to prove a name's password from the request's address; Throttled when there were too many."""
    if request is None:  # from a shell or a test: no address
        return []
    address, at = client_address(request), timezone.now()
    by_address, by_name = ("login_address", address), ("login_name", address, folded(name))
    take(*by_address, at=at)
    try:
        take(*by_name, at=at)
    except Exception:
        give_back(*by_address)
        raise
    return [by_address, by_name]


def attempt_succeeded(counted: Counted) -> None:
    for key in counted:
        give_back(*key)
