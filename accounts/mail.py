"""The mails of accounts: who gets which, and what they say.

Links begin with SITE_URL: the Host header of a request may be forged. settings.MAIL_BUILDERS names the function that
builds each kind.

No mail contains a name, username or other words of the account. A stranger who registered the account with another
person's address could write to that person with them.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled

from accounts.clients import Client
from accounts.models import User
from common.models import Mail
from common.outbox import Message, mail_enqueue, titled
from common.throttling import counted_address


def send_on_request(task: Callable[..., None], email: str, *, request: Any, at: datetime) -> None:
    """Runs a task that queues a mail to an address that a visitor entered. Raises Throttled after too many requests.

    The same is done for an address that no account has. Only the builder, later, looks for the account, so that the
    time of the answer does not tell whether there is one.
    """
    task(email, counted_for=counted_address(request), at=at)


def send_verification(user: User, *, counted_for: str | None = None, at: datetime) -> None:
    """Queues a link that verifies the address of a new account. Beyond the rates for mail, it is sent later."""
    enqueue("verify_email", user.email, {"user_id": user.pk}, counted_for=counted_for, waits=True, at=at)


def send_verification_again(email: str, *, counted_for: str | None = None, at: datetime) -> None:
    """Queues a link that verifies an address, which is sent if an active account has it unverified."""
    enqueue("verify_email", email, {}, counted_for=counted_for, at=at)


def send_new_address_verification(email: str, *, user_id: int, counted_for: str | None = None, at: datetime) -> None:
    """Queues a link that confirms the address that a user changes to. If an account has it, its owner is told that."""
    enqueue("verify_new_email", email, {"user_id": user_id}, counted_for=counted_for, at=at)


def send_password_reset(email: str, *, counted_for: str | None = None, at: datetime) -> None:
    """Queues a link to choose a new password, which is sent if an active account has the address."""
    enqueue("password_reset", email, {}, counted_for=counted_for, at=at)


def send_address_taken(email: str, *, counted_for: str | None = None, at: datetime) -> None:
    """Queues a mail to the owner of an address that somebody entered, although an account has it already."""
    enqueue("address_taken", email, {}, counted_for=counted_for, at=at)


def send_address_taken_on_request(email: str, *, request: Any, at: datetime) -> None:
    """Does `send_address_taken`, unless too many emails were requested. Then the answer says the same without one."""
    with suppress(Throttled):
        send_on_request(send_address_taken, email, request=request, at=at)


def send_password_notice(user: User, *, at: datetime) -> None:
    """Queues a mail that tells the owner of an account that it has a new password."""
    send_notice("password_changed", user, at=at)


def send_streak_warning(user: User, *, at: datetime) -> None:
    """Queues a mail that tells the owner of an account that somebody keeps entering wrong passwords."""
    send_notice("wrong_passwords", user, at=at)


def send_new_sign_in(user: User, *, client: Client, at: datetime) -> None:
    """Queues a mail that tells that somebody signed in with a browser that is not known yet."""
    send_notice("new_sign_in", user, at=at, address=client.address, user_agent=client.user_agent)


def send_email_notice(email: str, *, at: datetime) -> None:
    """Queues a mail that tells the address that an account had before that the account has another one now."""
    enqueue("email_changed", email, {}, at=at)


def send_notice(kind: str, user: User, *, at: datetime, **parameters: str) -> None:
    """Queues a mail about the safety of an account to its address, if it has one. It counts against no rate."""
    if user.email:
        enqueue(kind, user.email, {"user_id": user.pk, **parameters}, at=at)


def enqueue(kind: str, recipient: str, parameters: dict[str, Any], **options: Any) -> None:
    """Queues a mail of accounts in the language of the request (see `mail_enqueue`)."""
    mail_enqueue(
        kind=f"accounts.{kind}",
        recipient=recipient,
        parameters=parameters,
        language=get_language() or settings.LANGUAGE_CODE,
        **options,
    )


def recipient_of(mail: Mail) -> User | None:
    """Returns the active account that has the address of a mail, and is the one that the mail is about."""
    users = User.objects.by_name(mail.recipient).filter(is_active=True)
    if "user_id" in mail.parameters:
        users = users.filter(pk=mail.parameters["user_id"])
    user: User | None = users.first()
    return user


@titled(gettext_lazy("Link to confirm an email address"))
def verify_email(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the link that verifies an address. Returns None if it is verified, or no active account has it."""
    user = recipient_of(mail)
    # The lock keeps out a request that closes the account, which must have no address afterwards.
    if user is None or not User.objects.select_for_update().filter(pk=user.pk, is_active=True).exists():
        return None
    # An account that a command created has no EmailAddress yet.
    address, _created = EmailAddress.objects.get_or_create(
        user=user, email=user.email.lower(), defaults={"primary": True}
    )
    return None if address.verified else confirmation(mail, address)


@titled(gettext_lazy("Link to confirm a new email address"))
def verify_new_email(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the link that confirms the address that a user changes to, or tells its owner that it is taken."""
    if User.objects.by_name(mail.recipient).exists():
        return address_taken(mail, at=at)
    rows = EmailAddress.objects.filter(user_id=mail.parameters["user_id"], email=mail.recipient.lower(), verified=False)
    address = rows.first()
    return None if address is None else confirmation(mail, address)


def confirmation(mail: Mail, address: EmailAddress) -> Message:
    link = site_url("confirm_email", EmailConfirmationHMAC.create(address).key)
    return Message(_("Confirm your email address"), render("verify_email", mail, link=link), recipient=address.email)


@titled(gettext_lazy("Link to choose a password"))
def password_reset(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the link to choose a new password. Returns None if no active account has the address."""
    user = recipient_of(mail)
    if user is None:
        return None
    text = render("password_reset", mail, link=password_reset_link(user))
    # To the address on file: another spelling that the database takes for the same may be a mailbox of somebody else.
    return Message(_("Choose a new password"), text, recipient=user.email)


@titled(gettext_lazy("The address already has an account"))
def address_taken(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the mail to the owner of an address that somebody else entered."""
    user = User.objects.by_name(mail.recipient).filter(is_active=True).first()
    if user is None:
        return None
    text = render("address_taken", mail, link=password_reset_link(user))
    return Message(_("You already have an account"), text, recipient=user.email)


def notice(mail: Mail, subject: str, page: str, **context: Any) -> Message | None:
    """Builds a notice about an account, with a link to a page. Returns None if the account is gone."""
    template = mail.kind.removeprefix("accounts.")
    if recipient_of(mail) is None:
        return None
    return Message(subject, render(template, mail, link=site_url(page), **context))


@titled(gettext_lazy("The password was changed"))
def password_changed(mail: Mail, *, at: datetime) -> Message | None:
    return notice(mail, _("Your password was changed"), "pages:password_forgotten")


@titled(gettext_lazy("Wrong passwords were entered"))
def wrong_passwords(mail: Mail, *, at: datetime) -> Message | None:
    return notice(mail, _("Wrong passwords for your account"), "pages:password_forgotten")


@titled(gettext_lazy("New sign-in"))
def new_sign_in(mail: Mail, *, at: datetime) -> Message | None:
    client = Client(mail.parameters["address"], mail.parameters["user_agent"])
    return notice(mail, _("New sign-in to your account"), "pages:sessions", client=client)


@titled(gettext_lazy("A second factor was added"))
def factor_added(mail: Mail, *, at: datetime) -> Message | None:
    return notice(mail, _("A second factor was added"), "mfa_index")


@titled(gettext_lazy("A second factor was removed"))
def factor_removed(mail: Mail, *, at: datetime) -> Message | None:
    return notice(mail, _("A second factor was removed"), "mfa_index")


@titled(gettext_lazy("New recovery codes"))
def codes_renewed(mail: Mail, *, at: datetime) -> Message | None:
    return notice(mail, _("New recovery codes"), "mfa_index")


@titled(gettext_lazy("Another way to sign in was added"))
def identity_linked(mail: Mail, *, at: datetime) -> Message | None:
    return notice(mail, _("Another way to sign in was added"), "pages:account", provider=settings.OIDC_NAME)


@titled(gettext_lazy("A way to sign in was removed"))
def identity_unlinked(mail: Mail, *, at: datetime) -> Message | None:
    return notice(mail, _("A way to sign in was removed"), "pages:account", provider=settings.OIDC_NAME)


@titled(gettext_lazy("Staff removed the second factor"))
def factors_reset(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the notice that the staff of the town hall removed all second factors."""
    return notice(mail, _("Your second factor was removed"), "mfa_index")


@titled(gettext_lazy("The email address was changed"))
def email_changed(mail: Mail, *, at: datetime) -> Message:
    """Builds the notice to the address that an account had before."""
    return Message(_("Your email address was changed"), render("email_changed", mail))


def password_reset_link(user: User) -> str:
    token = default_token_generator.make_token(user)
    return site_url("password_reset_confirm", user_pk_to_url_str(user), token)


def site_url(name: str, *args: str) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def render(template: str, mail: Mail, **context: Any) -> str:
    """Returns the text of a mail. `at` is the time of what it tells about, not of the sending."""
    return render_to_string(f"accounts/mail/{template}.txt", {"at": mail.created_at, **context})
