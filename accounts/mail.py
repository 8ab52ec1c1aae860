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

from accounts.clients import Client
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


def send_new_sign_in(user_id: int, at: datetime, client: Client) -> None:
    """Tells that somebody signed in with a browser that is not known yet."""
    subject = _("New sign-in to your account")
    send_notice(user_id, subject, "new_sign_in", at=at, client=client, link=site_url("pages:sessions"))


def send_factor_added(user_id: int, at: datetime) -> None:
    send_notice(user_id, _("A second factor was added"), "factor_added", at=at, link=site_url("mfa_index"))


def send_factor_removed(user_id: int, at: datetime) -> None:
    send_notice(user_id, _("A second factor was removed"), "factor_removed", at=at, link=site_url("mfa_index"))


def send_codes_renewed(user_id: int, at: datetime) -> None:
    send_notice(user_id, _("New recovery codes"), "codes_renewed", at=at, link=site_url("mfa_index"))


def send_factors_reset(user_id: int, at: datetime) -> None:
    """Tells that the staff of the town hall removed all second factors."""
    send_notice(user_id, _("Your second factor was removed"), "factors_reset", at=at, link=site_url("mfa_index"))


def send_notice(user_id: int, subject: str, template: str, **context: Any) -> None:
    """Sends a notice about an account, if it has an address. It names nobody: the address may not be confirmed."""
    email = User.objects.filter(pk=user_id, is_active=True).exclude(email="").values_list("email", flat=True).first()
    if email:
        send_template(email, subject, template, **context)


def send_streak_warning(user_id: int) -> None:
    """Tells the owner of an account that somebody keeps entering wrong passwords."""
    for user in User.objects.filter(pk=user_id, is_active=True).exclude(email=""):
        link = site_url("pages:password_forgotten")
        send_template(user.email, _("Wrong passwords for your account"), "wrong_passwords", link=link)


def site_url(name: str, *args: str) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def send_template(recipient: str, subject: str, template: str, **context: Any) -> None:
    send_mail(subject, render_to_string(f"accounts/mail/{template}.txt", context), None, [recipient])
