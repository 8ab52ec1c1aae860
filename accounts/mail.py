"""Mails to residents. Links lead to SITE_URL, never to the Host that a request named."""

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

from accounts.models import User, folded
from common.throttling import client_address, take

logger = logging.getLogger(__name__)
background = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def send_on_request(task: Callable[[str], None], email: str, *, request: Any, at: datetime) -> None:
    """Runs a task that mails to an address which somebody typed; Throttled when that was asked for too often."""
    take("mail_address", client_address(request), at=at)
    take("mail_recipient", folded(email), at=at)
    in_background(task, email)


def in_background(task: Callable[..., None], *args: Any) -> None:
    """Runs a task beside the request, so that no answer's time tells whether an address is known.

    It speaks the language of the request. A worker that stops finishes what it has begun; one that is killed loses it,
    and the resident asks again.
    """
    if settings.MAIL_IN_BACKGROUND:
        # What it logs carries the id of the request.
        background.submit(copy_context().run, run, get_language(), task, *args)
    else:
        task(*args)


def run(language: str | None, task: Callable[..., None], *args: Any) -> None:
    try:
        with override(language):
            task(*args)
    except Exception as error:  # noqa: BLE001  nobody waits for this thread: the log is the only witness
        # An SMTP error quotes the recipient, so the log says only what kind of error it was.
        logger.error("A mail could not be sent: %s", type(error).__name__)
    finally:
        connection.close()


def send_verification(user_id: int) -> None:
    """A link that confirms the user's address, unless there is nothing to confirm."""
    address = EmailAddress.objects.filter(user_id=user_id, verified=False).select_related("user").first()
    if address is not None:
        key = EmailConfirmationHMAC.create(address).key
        send(
            address.email,
            _("Confirm your e-mail address"),
            "verify_email",
            user=address.user,
            key=key,
            link=link("confirm_email", key),
        )


def send_verification_again(email: str) -> None:
    for user in User.objects.by_name(email).filter(is_active=True):
        # Of an account that a command made, nothing is noted yet.
        EmailAddress.objects.get_or_create(user=user, email=user.email.lower(), defaults={"primary": True})
        send_verification(user.pk)


def send_password_reset(email: str) -> None:
    """A link that sets a new password, to the account of that address if there is one."""
    for user in User.objects.by_name(email).filter(is_active=True):
        uid, token = user_pk_to_url_str(user), default_token_generator.make_token(user)
        send(
            user.email,
            _("Choose a new password"),
            "password_reset",
            user=user,
            uid=uid,
            token=token,
            link=link("password_reset_confirm", uid, token),
        )


def link(name: str, *args: str) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def send(recipient: str, subject: str, template: str, **context: Any) -> None:
    send_mail(subject, render_to_string(f"accounts/mail/{template}.txt", context), None, [recipient])
