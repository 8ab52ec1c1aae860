"""Rules for new passwords, besides those of Django."""

from threading import Lock
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from accounts.models import User
from common.security import log_security_event

# zxcvbn's scores go from 0 to 4. At 3 it expects more than 10^8 guesses.
MIN_SCORE = 3
MAX_LENGTH = 72  # characters. zxcvbn refuses longer ones, and its time grows with the square of the length.

lock = Lock()  # zxcvbn keeps the user's words in a global variable


class GuessesValidator:
    """Refuses a password that zxcvbn expects to be guessed early: words, names, dates, keyboard patterns, repetitions.

    Those parts count for little also where they are the person's own username, address or name.
    """

    def validate(self, password: str, user: Any = None) -> None:
        own = [getattr(user, name, "") for name in ("username", "email", "name")]
        words = [word for text in own if text for word in {text, *text.replace("@", " ").split()}]
        with lock:
            score = zxcvbn(password[:MAX_LENGTH], user_inputs=words)["score"]
        if score < MIN_SCORE:
            raise ValidationError(_("This password is too easy to guess."), code="password_too_easy")

    def password_changed(self, password: str, user: User) -> None:
        """Logs a password that a form or a command has saved: Django calls this of every rule."""
        log_security_event("password_changed", user_id=user.pk)

    def get_help_text(self) -> str:
        return _("Your password must not be easy to guess. A few unrelated words are hard to guess.")
