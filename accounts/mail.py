"""Emails to residents. Links begin with SITE_URL: the Host header of a request may be forged."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from accounts.models import User, mailbox_of
from common.throttling import count_attempt, counted_address

logger = logging.getLogger(__name__)
background = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def send_on_request(task: Callable[[str], None], email: str, *, request: Any, at: datetime) -> None:
    """Runs a task that sends email to an address that a visitor entered. Raises Throttled after too many requests."""
    count_attempt("mail_address", counted_address(request), at=at)
    count_attempt("mail_recipient", mailbox_of(email), at=at)
    run_in_background(task, email)


def run_in_background(task: Callable[..., None], *args: Any) -> None:
    """Runs a task in another thread, so that the time of the answer does not tell whether an account has the address.

    The task runs in the language of the request. A worker process that stops finishes the tasks it has begun. One that
    is killed loses them; the resident can ask for the email again.
    """
    if settings.MAIL_IN_BACKGROUND:
        # The context holds the id of the request, which then appears in what the task logs.
        background.submit(copy_context().run, run_task, get_language(), task, *args)
    else:
        task(*args)


def run_task(language: str | None, task: Callable[..., None], *args: Any) -> None:
    try:
        with override(language):
            task(*args)
    except Exception as error:  # noqa: BLE001  no caller waits for this thread, so an error only appears in the log
        # The message of an SMTP error quotes the recipient, so only its class is logged.
        logger.error("An email could not be sent: %s", type(error).__name__)
    finally:
        connection.close()


def send_verification(user_id: int) -> None:
    """Sends a link that verifies the user's address, unless it is verified."""
    address = EmailAddress.objects.filter(user_id=user_id, verified=False).select_related("user").first()
    if address is not None:
        key = EmailConfirmationHMAC.create(address).key
        send_template(
            address.email,
            _("Confirm your email address"),
            "verify_email",
            user=address.user,
            key=key,
            link=site_url("confirm_email", key),
        )


def send_verification_again(email: str) -> None:
    for user in User.objects.by_name(email).filter(is_active=True):
        # An account that a command created has no EmailAddress yet.
        EmailAddress.objects.get_or_create(user=user, email=user.email.lower(), defaults={"primary": True})
        send_verification(user.pk)


def send_password_reset(email: str) -> None:
    """Sends a link to choose a new password, if an active account has the address."""
    for user in User.objects.by_name(email).filter(is_active=True):
        uid, token = user_pk_to_url_str(user), default_token_generator.make_token(user)
        send_template(
            user.email,
            _("Choose a new password"),
            "password_reset",
            user=user,
            uid=uid,
            token=token,
            link=site_url("password_reset_confirm", uid, token),
        )


def send_streak_warning(user_id: int) -> None:
    """Tells the owner of an account that somebody keeps entering wrong passwords."""
    for user in User.objects.filter(pk=user_id, is_active=True).exclude(email=""):
        link = site_url("pages:password_forgotten")
        send_template(user.email, _("Wrong passwords for your account"), "wrong_passwords", link=link)


def site_url(name: str, *args: str) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def send_template(recipient: str, subject: str, template: str, **context: Any) -> None:
    send_mail(subject, render_to_string(f"accounts/mail/{template}.txt", context), None, [recipient])
