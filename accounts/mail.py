"""Emails to residents. Links begin with SITE_URL: the Host header of a request may be forged."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled

from accounts.models import User, canonical_name
from common.throttling import client_address, count_attempt

logger = logging.getLogger(__name__)
background = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def send_on_request(task: Callable[[str], None], email: str, *, request: Any, at: datetime) -> None:
    """Runs a task that sends email to an address that a visitor entered. Raises Throttled after too many requests."""
    count_attempt("mail_address", client_address(request), at=at)
    count_attempt("mail_recipient", canonical_name(email), at=at)
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
    for user in User.objects.filter(pk=user_id):
        for address in EmailAddress.objects.filter(user=user, email=user.email.lower(), verified=False):
            send_confirmation_link(address)


def send_verification_again(email: str) -> None:
    with transaction.atomic():
        # The lock keeps out a request that closes the account, which must have no address afterwards.
        users = list(User.objects.select_for_update().by_name(email).filter(is_active=True))
        for user in users:
            # An account that a command created has no EmailAddress yet.
            EmailAddress.objects.get_or_create(user=user, email=user.email.lower(), defaults={"primary": True})
    for user in users:
        send_verification(user.pk)


def send_new_address_verification(user_id: int, email: str) -> None:
    """Sends a link that confirms the address that a user changes to. If an account has it, its owner is told that."""
    if User.objects.by_name(email).exists():
        send_address_taken(email)
        return
    for address in EmailAddress.objects.filter(user_id=user_id, email=email.lower(), verified=False):
        send_confirmation_link(address)


def send_confirmation_link(address: EmailAddress) -> None:
    link = site_url("confirm_email", EmailConfirmationHMAC.create(address).key)
    send_template(address.email, _("Confirm your email address"), "verify_email", link=link)


def send_password_reset(email: str) -> None:
    """Sends a link to choose a new password, if an active account has the address."""
    for user in User.objects.by_name(email).filter(is_active=True):
        send_template(user.email, _("Choose a new password"), "password_reset", link=password_reset_link(user))


def send_address_taken(email: str) -> None:
    """Tells the owner of an address that somebody entered it, although an account has it already."""
    for user in User.objects.by_name(email).filter(is_active=True):
        link = password_reset_link(user)
        send_template(user.email, _("You already have an account"), "address_taken", link=link)


def send_address_taken_on_request(email: str, *, request: Any, at: datetime) -> None:
    """Does `send_address_taken`, unless too many emails were requested. Then the answer says the same without one."""
    with suppress(Throttled):
        send_on_request(send_address_taken, email, request=request, at=at)


def send_password_notice(user_id: int) -> None:
    """Tells the owner of an account that it has a new password."""
    for user in User.objects.filter(pk=user_id, is_active=True).exclude(email=""):
        link = site_url("pages:password_forgotten")
        send_template(user.email, _("Your password was changed"), "password_changed", link=link)


def send_email_notice(email: str) -> None:
    """Tells the address that an account had before that the account has another one now."""
    send_template(email, _("Your email address was changed"), "email_changed")


def password_reset_link(user: User) -> str:
    token = default_token_generator.make_token(user)
    return site_url("password_reset_confirm", user_pk_to_url_str(user), token)


def site_url(name: str, *args: str) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def send_template(recipient: str, subject: str, template: str, **context: Any) -> None:
    """Sends an email. It never contains a name, username or other words of the account.

    Whoever registered the account with another person's address could speak to that person by them.
    """
    context = {"at": timezone.now(), **context}
    send_mail(subject, render_to_string(f"accounts/mail/{template}.txt", context), None, [recipient])
