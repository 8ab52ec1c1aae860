"""The mails of accounts: who gets which, and what they say.

Links begin with SITE_URL: the Host header of a request may be forged. settings.MAIL_BUILDERS names the function that
builds each kind.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from common.models import Mail
from common.outbox import Message, mail_enqueue
from common.throttling import client_address


def send_on_request(task: Callable[..., None], email: str, *, request: Any, at: datetime) -> None:
    """Runs a task that queues a mail to an address that a visitor entered. Raises Throttled after too many requests.

    The same is done for an address that no account has. Only the builder, later, looks for the account, so that the
    time of the answer does not tell whether there is one.
    """
    task(email, counted_for=client_address(request), at=at)


def send_verification(user: User, *, counted_for: str | None = None, at: datetime) -> None:
    """Queues a link that verifies the address of a new account. Beyond the rates for mail, it is sent later."""
    enqueue("verify_email", user.email, {"user_id": user.pk}, counted_for=counted_for, waits=True, at=at)


def send_verification_again(email: str, *, counted_for: str | None = None, at: datetime) -> None:
    enqueue("verify_email", email, {}, counted_for=counted_for, at=at)


def send_password_reset(email: str, *, counted_for: str | None = None, at: datetime) -> None:
    """Queues a link to choose a new password, which is sent if an active account has the address."""
    enqueue("password_reset", email, {}, counted_for=counted_for, at=at)


def enqueue(kind: str, recipient: str, parameters: dict[str, Any], **options: Any) -> None:
    """Queues a mail of accounts in the language of the request (see `mail_enqueue`)."""
    mail_enqueue(
        kind=f"accounts.{kind}",
        recipient=recipient,
        parameters=parameters,
        language=get_language() or settings.LANGUAGE_CODE,
        **options,
    )


def verify_email(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the link that verifies an address. Returns None if it is verified, or no active account has it."""
    user = User.objects.by_name(mail.recipient).filter(is_active=True).first()
    if user is None:
        return None
    # An account that a command created has no EmailAddress yet.
    address, _created = EmailAddress.objects.get_or_create(
        user=user, email=user.email.lower(), defaults={"primary": True}
    )
    if address.verified:
        return None
    key = EmailConfirmationHMAC.create(address).key
    text = render("verify_email", user=user, key=key, link=site_url("confirm_email", key))
    return Message(_("Confirm your email address"), text, recipient=address.email)


def password_reset(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the link to choose a new password. Returns None if no active account has the address."""
    user = User.objects.by_name(mail.recipient).filter(is_active=True).first()
    if user is None:
        return None
    uid, token = user_pk_to_url_str(user), default_token_generator.make_token(user)
    link = site_url("password_reset_confirm", uid, token)
    text = render("password_reset", user=user, uid=uid, token=token, link=link)
    # To the address on file: another spelling that the database takes for the same may be a mailbox of somebody else.
    return Message(_("Choose a new password"), text, recipient=user.email)


def site_url(name: str, *args: str) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def render(template: str, **context: Any) -> str:
    return render_to_string(f"accounts/mail/{template}.txt", context)
