"""Adapts allauth to this project: its rules, throttles, messages and emails are ours."""

from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import identities, sudo
from accounts.backends import WRONG_CREDENTIALS, password_asked_again
from accounts.hashers import password_is_right
from accounts.models import LOOKS_LIKE_ANOTHER, User
from accounts.names import check_not_reserved
from accounts.passwords import check_password_rules
from accounts.services import UNIQUE_ERRORS
from common.pages import is_own_page
from common.throttling import client_address

MESSAGES = {"password_changed.txt": _("Your new password is saved."), "password_set.txt": _("Your password is saved.")}


class Adapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_taken": UNIQUE_ERRORS["username_unique"]["username"],
        "username_looks_taken": LOOKS_LIKE_ANOTHER,
        "email_taken": UNIQUE_ERRORS["email_unique"]["email"],
        "username_password_mismatch": WRONG_CREDENTIALS,
        "email_password_mismatch": WRONG_CREDENTIALS,
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your current password."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """Returns the address that our throttles count.

        allauth's own method raises an error if X-Forwarded-For has fewer entries than there are trusted proxies.
        """
        return client_address(request)

    def is_ajax(self, request: HttpRequest) -> bool:
        """Returns False: pages are answered with HTML."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Returns whether a URL is a page of this site. allauth also follows those of other ALLOWED_HOSTS."""
        return is_own_page(context.request, url)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Returns the username in the form that is stored, which is checked for length and characters."""
        username = User.normalize_username(username)
        username = User._meta.get_field("username").clean(username, None)
        if not shallow:
            check_not_reserved(username)
            if User.objects.by_name(username).exists():
                raise self.validation_error("username_taken")
            if User.objects.that_look_like(username).exists():
                raise self.validation_error("username_looks_taken")
        return username

    def clean_email(self, email: str) -> str:
        """Checks the length again: some letters become two in lower case."""
        cleaned: str = User._meta.get_field("email").clean(email, None)
        return cleaned

    def validate_unique_email(self, email: str) -> str:
        """Compares with the addresses of accounts. One that an account only plans to change to is not taken."""
        if User.objects.by_name(email).exists():
            raise self.validation_error("email_taken")
        return email

    def clean_password(self, password: str, user: Any = None) -> str:
        return check_password_rules(password, user)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Checks the password of a signed-in user as signing in does, so that wrong ones are counted."""
        try:
            with password_asked_again(context.request, user):
                if not password_is_right(user, password):
                    raise self.validation_error("incorrect_password")
        except ValidationError:
            return False
        return True

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Also asks accounts without password and second factor. allauth's own function lets them pass."""
        if not sudo.is_sudo(context.request):
            raise ReauthenticationRequired
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Adds the identity provider for accounts without password and second factor.

        If such an account is not linked, its owner chooses a password by a mailed link. Without any method allauth
        would lead to the sign-in page, and that one back, without end.
        """
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if methods or not user.is_authenticated:
            return methods
        if settings.OIDC_SERVER and identities.is_linked(user=user):
            text = _("Sign in again with %(name)s") % {"name": settings.OIDC_NAME}
            return [{"id": "oidc", "description": text, "url": reverse("pages:oidc_confirm")}]
        return [{"id": "reset", "description": _("Choose a password"), "url": reverse("pages:password_forgotten")}]

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Shows our own texts, and none for signing in and out. Other apps of allauth have templates of theirs."""
        folder, _slash, name = (message_template or "").rpartition("/")
        if folder != "account/messages":
            super().add_message(request, level, message_template, *args, **kwargs)
        elif name in MESSAGES:
            super().add_message(request, level, message=str(MESSAGES[name]))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> NoReturn:
        """Refuses. The services send emails by accounts/mail.py; allauth's would quote the username."""
        raise NotImplementedError(f"accounts/mail.py has no email for {template_prefix}.")
