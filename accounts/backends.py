"""Checks passwords for every way to sign in (token calls, pages, admin) and for changing a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import Throttled
from rest_framework.exceptions import ValidationError as SerializerError

from accounts import streaks
from accounts.hashers import needs_rehash, password_is_right
from accounts.mail import send_streak_warning
from accounts.models import User, canonical_name
from common.exceptions import ServiceBusy
from common.security import log_security_event
from common.throttling import count_attempt, counted_address, uncount_attempt

WRONG_CREDENTIALS = _("The username or password is wrong.")


@dataclass(frozen=True)
class Attempt:
    """An attempt to enter the password of a name. `streak` is its place in the row of wrong ones, 0 if not counted."""

    name: str
    address: str
    at: datetime
    streak: int


class PasswordBackend(ModelBackend):
    """Authenticates by username or email address and password, and throttles wrong passwords.

    An attempt is counted before the password is checked, and the count is given back if the password was right:
    otherwise many simultaneous guesses would all be checked. Known and unknown names are counted and hashed alike, so
    that neither the answer nor its time tells which names exist. Raises Throttled, and ServiceBusy if too many
    passwords are being checked.
    """

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        name = username or kwargs.get("email")
        if not name or password is None:
            return None
        attempt = attempt_begin(request, name)
        user: User | None = User.objects.by_name(name).first()
        try:
            is_right = password_is_right(user, password)
        except ServiceBusy:
            attempt_withdraw(attempt)
            raise
        if user is None or not is_right or not self.user_can_authenticate(user):
            attempt_failed(attempt, user)
            return None
        if user.has_factor():
            password_succeeded(attempt, user)
        else:
            attempt_succeeded(attempt, user)
            log_security_event("signed_in", user_id=user.pk)
        if needs_rehash(user.password):
            password_rehash(user, password)
        return user


@contextmanager
def password_asked_again(request: Any, user: User) -> Iterator[None]:
    """Counts the check of a signed-in user's password, which raises ValidationError if it is wrong, like a sign-in."""
    attempt = attempt_begin(request, user.username)
    try:
        yield
    except ServiceBusy:
        attempt_withdraw(attempt)
        raise
    except (ValidationError, SerializerError):
        attempt_failed(attempt, user)
        raise
    attempt_succeeded(attempt, user)


def attempt_begin(request: Any, name: str) -> Attempt | None:
    """Counts an attempt to enter the password of a name. Returns None where there is no request.

    Raises Throttled after too many attempts from the address, at the name from the address, or at the name in a row.
    """
    if request is None:  # a shell or a test has no address
        return None
    address, at = counted_address(request), timezone.now()
    keys: list[tuple[str, ...]] = [("login_address", address), ("login_name", address, canonical_name(name))]
    counted: list[tuple[str, ...]] = []
    try:
        for key in keys:
            count_attempt(*key, at=at)
            counted.append(key)
        return Attempt(name, address, at, streaks.streak_count(name, address, at=at))
    except Throttled:
        for key in counted:
            uncount_attempt(*key)
        log_security_event("sign_in_throttled")
        raise


def attempt_withdraw(attempt: Attempt | None) -> None:
    """Gives back an attempt whose password was not checked."""
    if attempt is not None:
        uncount_throttles(attempt)
        if attempt.streak:
            streaks.streak_uncount(attempt.name)


def attempt_failed(attempt: Attempt | None, user: User | None) -> None:
    """Logs a wrong password, and tells the owner of the name when it is one too many in a row."""
    log_security_event("sign_in_failed", user_id=user.pk if user else None)
    if attempt is not None and attempt.streak == streaks.MAX_FAILURES and user is not None:
        send_streak_warning(user, at=attempt.at)


def attempt_succeeded(attempt: Attempt | None, user: User) -> None:
    """Gives back an attempt with the right password, ends the row of wrong ones, and counts it as a sign-in.

    Raises Throttled after too many right ones for the account.
    """
    if attempt is None:
        return
    uncount_throttles(attempt)
    streaks.streak_end(attempt.name)
    count_attempt("sign_in", str(user.pk), at=attempt.at)
    streaks.address_remember(user, attempt.address, at=attempt.at)


def password_succeeded(attempt: Attempt | None, user: User) -> None:
    """Gives back an attempt with the right password of a user whose second factor is still missing.

    It does not end the row of wrong ones: otherwise somebody who knows the password could guess codes without end.
    """
    attempt_withdraw(attempt)
    if attempt is not None:
        count_attempt("sign_in", str(user.pk), at=attempt.at)


def code_succeeded(attempt: Attempt | None, user: User) -> None:
    """Gives back an attempt with the right code of a second factor, and ends the row of wrong ones."""
    if attempt is not None:
        uncount_throttles(attempt)
        streaks.streak_end(attempt.name)
        streaks.address_remember(user, attempt.address, at=attempt.at)
    log_security_event("second_factor_used", user_id=user.pk)


def uncount_throttles(attempt: Attempt) -> None:
    uncount_attempt("login_address", attempt.address)
    uncount_attempt("login_name", attempt.address, canonical_name(attempt.name))


def password_rehash(user: User, password: str) -> None:
    """Stores a new hash of the password that was just entered, unless it was changed in the meantime.

    Of two sign-ins at once, one stores its hash and the other reads it: otherwise the second would end the session of
    the first. It also ends the sessions from before, as a new password does.
    """
    encoded = make_password(password)
    if User.objects.filter(pk=user.pk, password=user.password).update(password=encoded):
        user.password = encoded
    else:
        user.refresh_from_db(fields=["password"])
