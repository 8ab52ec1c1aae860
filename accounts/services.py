"""Creates and changes accounts, passwords and email addresses."""

import secrets
from datetime import datetime
from typing import Any, TypedDict, Unpack

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.clients import Client
from accounts.mail import send_email_notice, send_password_notice, send_password_reset, send_verification
from accounts.models import LOOKS_LIKE_ANOTHER, OneTimeCode, User, new_session_salt
from accounts.names import skeleton
from accounts.permissions import may_change_account
from accounts.sessions import sessions_end
from accounts.signals import account_deactivated
from accounts.tokens import TokenPair, pair_issue
from accounts.unconfirmed import credentials_delete
from common.exceptions import Conflict, violated_constraint
from common.languages import site_language
from common.security import log_security_event

EMAIL_TAKEN = _("A user with that email address already exists.")
# The errors of the constraints that keep usernames and addresses unique.
UNIQUE_ERRORS = {
    "username_unique": {"username": _("A user with that username already exists.")},
    "username_skeleton_unique": {"username": LOOKS_LIKE_ANOTHER},
    "email_unique": {"email": EMAIL_TAKEN},
    "unique_verified_email": {"email": EMAIL_TAKEN},  # of allauth's EmailAddress
}


NOT_ACTIVE = _("This account is not active.")
WRONG_KEY = _("This key is wrong, has expired or was used before.")


class AccountChanges(TypedDict, total=False):
    """The fields that a resident may change."""

    name: str
    phone: str
    address: str


def user_register(
    *, username: str, email: str, password: str, name: str = "", at: datetime, counted_for: str | None = None
) -> User:
    """Creates the account of a resident, and sends an email to verify its address once the account is committed.

    The language of the request becomes that of the account.

    The email counts against the rates of `counted_for`, the address of the client. Beyond them it is sent later.

    Raises ValidationError on `username` or `email` if another account has it, even one registered at the same moment.
    """
    user = User(username=username, email=email, name=name, password=make_password(password), language=site_language())
    user.unconfirmed_since = user.date_joined
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            EmailAddress.objects.create(user=user, email=email, primary=True)
            send_verification(user, counted_for=counted_for, at=at)
    except IntegrityError as error:
        raise unique_error(error) from error
    log_security_event("registered", user_id=user.pk)
    return user


def unique_error(error: IntegrityError) -> Exception:
    """Returns a ValidationError if a username or address is not unique, otherwise the error itself."""
    name = violated_constraint(error)
    if (
        name.startswith("accounts_user_username") and name not in UNIQUE_ERRORS
    ):  # the index of `unique=True`, which is case-sensitive
        name = "username_unique"
    return ValidationError(UNIQUE_ERRORS[name]) if name in UNIQUE_ERRORS else error


@transaction.atomic
def email_confirm(*, address: EmailAddress, at: datetime) -> None:
    """Marks an address as verified. One that the resident changes to also becomes the address of the account.

    The address before is told. The caller has proved that the account is theirs: the mailed link alone opens nothing.
    Raises ValidationError if the address was confirmed or replaced in the meantime, or if another account has it.
    """
    user = User.objects.select_for_update().get(pk=address.user_id)
    before = user.email
    try:
        with transaction.atomic():
            EmailAddress.objects.filter(user=user).exclude(pk=address.pk).delete()
            if not EmailAddress.objects.filter(pk=address.pk, verified=False).update(verified=True, primary=True):
                raise ValidationError({"key": WRONG_KEY})
            user.unconfirmed_since = None
            if address.email != before.lower():
                user.email = address.email
            user.save(update_fields=["email", "unconfirmed_since"])
    except IntegrityError as error:
        raise unique_error(error) from error
    if before and user.email != before:
        send_email_notice(before, at=at)


@transaction.atomic
def email_change_begin(*, user: User, email: str) -> EmailAddress:
    """Keeps the address that a resident changes to. It takes the place of the current one once it is confirmed.

    It replaces an earlier one that was not confirmed, whose link then no longer works. Whether another account has the
    address is not told: it shows when the address is confirmed. Raises ValidationError for the current address, and
    Conflict if the account was closed in the meantime.
    """
    user = User.objects.lock(user)
    if not user.is_active:
        raise Conflict(NOT_ACTIVE)
    email = email.lower()
    if email == user.email.lower():
        raise ValidationError({"email": _("This is already your email address.")})
    EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email.lower()).delete()
    return EmailAddress.objects.create(user=user, email=email)


def account_update(*, user: User, by: User, at: datetime, **changes: Unpack[AccountChanges]) -> User:
    """Changes name, phone or address of an account, as its owner or as staff.

    Raises Http404 if the account no longer exists, PermissionDenied if `by` may not change it now, and TypeError for
    other fields.
    """
    if unknown := changes.keys() - AccountChanges.__annotations__.keys():
        raise TypeError(f"These fields of an account cannot be changed: {unknown}")
    return account_change(user=user, by=by, changes=dict(changes), at=at)


@transaction.atomic
def account_change(*, user: User, by: User, changes: dict[str, Any], at: datetime) -> User:
    """Writes only the given fields of an account, which is locked and read again, and returns it as it is now.

    Others may have changed the other fields, or have given the account rights, since `by` opened the form. A new
    address is unverified, even if the account had verified it before, and the old one is told. Raises Http404 if the
    account no longer exists, and PermissionDenied if `by` may not change it now.
    """
    locked: User = User.objects.lock(user)
    may_change = locked.closed_at is None if by.pk == locked.pk else may_change_account(by, locked)
    if not may_change:
        raise PermissionDenied
    before = locked.email
    for field, value in changes.items():
        setattr(locked, field, value)
    fields = set(changes)
    if "username" in changes:  # an account that looked like an older one has no skeleton, and now gets one
        locked.username_skeleton = skeleton(locked.username)
        fields.add("username_skeleton")
    locked.save(update_fields=fields)
    if locked.email != before:
        email_change(user=locked, email=locked.email)
        if before:
            send_email_notice(before, at=at)
    if "is_active" in changes:
        if not locked.is_active:
            account_ended(locked, by=by)
            account_deactivated.send(User, user=locked, at=at)
        else:
            log_security_event("account_activated", user_id=locked.pk, by_id=by.pk)
    return locked


@transaction.atomic
def email_change(*, user: User, email: str) -> None:
    """Changes the address of an account. The new one is unverified, even if the account had verified it before."""
    EmailAddress.objects.filter(user=user).delete()
    user.email = email
    user.save(update_fields=["email"])
    if email:
        EmailAddress.objects.create(user=user, email=email.lower(), primary=True)


@transaction.atomic
def password_change(*, user: User, password: str, at: datetime, client: Client | None = None) -> TokenPair:
    """Sets a password, revokes every token of the user, and returns a new pair.

    Raises Conflict if another request changed the password in the meantime.
    """
    password_replace(user, password)
    send_password_notice(user, at=at)
    return pair_issue(user, at=at, client=client)


@transaction.atomic
def password_reset(*, user: User, password: str, at: datetime) -> None:
    """Sets the password of a user who followed a mailed link, and revokes every token.

    Also verifies the address, because the link went to it. If it was not verified before, then somebody else may have
    registered the account, so everything that was set up to sign in ends: factors, links to providers, and an address
    that it was going to change to. Raises Conflict if another request used the link in the meantime.
    """
    password_replace(user, password)
    if not user.has_verified_email():
        credentials_delete(user)
    User.objects.filter(pk=user.pk).update(unconfirmed_since=None)
    EmailAddress.objects.filter(user=user).exclude(email=user.email.lower()).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )
    send_password_notice(user, at=at)


def account_ended(user: User, *, by: User | None = None) -> None:
    """Ends the tokens and sessions of a locked account that was deactivated: activating it again revives none."""
    user.session_salt = new_session_salt()
    user.save(update_fields=["session_salt"])
    user.refresh_tokens.all().delete()
    sessions_end(user=user)
    log_security_event("account_deactivated", user_id=user.pk, by_id=by.pk if by else None)


@transaction.atomic
def password_set(*, user: User, password: str | None, by: User, at: datetime) -> User:
    """Sets the password of another account, or none. Only superusers may, and it is logged.

    Ends all tokens and sessions, and tells the owner. Raises Http404 if the account no longer exists, and
    PermissionDenied.
    """
    locked: User = User.objects.lock(user)
    if not by.is_superuser or locked.closed_at is not None:
        raise PermissionDenied
    password_replace(locked, password)
    send_password_notice(locked, at=at)
    log_security_event("password_set_by_superuser", user_id=locked.pk, by_id=by.pk)
    return locked


@transaction.atomic
def password_link_send(*, user: User, by: User, at: datetime) -> None:
    """Sends a link to choose a new password to the address of an account, because staff ask for it.

    Raises PermissionDenied unless `by` may change the account now, and Conflict if it has no address or is not active.
    """
    locked = account_lock(user, by)
    if not locked.email:
        raise Conflict(_("This account has no email address."))
    send_password_reset(locked.email, at=at)


def account_lock(user: User, by: User) -> User:
    """Locks an account to give it a new password. Raises PermissionDenied, and Conflict if it is not active."""
    locked: User = User.objects.lock(user)
    if not may_change_account(by, locked):
        raise PermissionDenied
    if not locked.is_active:
        raise Conflict(NOT_ACTIVE)
    return locked


def password_replace(user: User, password: str | None) -> None:
    """Replaces the password that `user` was read with, and deletes the user's tokens, sessions and one-time code.

    Of two requests that read the same password only one succeeds, because the update compares it. Raises Conflict for
    the other.
    """
    encoded = make_password(password)
    if not User.objects.filter(pk=user.pk, password=user.password).update(password=encoded):
        raise Conflict(_("The password was changed by another request."))
    user.password = encoded
    user.refresh_tokens.all().delete()
    OneTimeCode.objects.filter(user=user).delete()
    sessions_end(user=user)
    log_security_event("password_changed", user_id=user.pk)


def first_admin_create(*, username: str, email: str, password: str | None) -> str | None:
    """Creates the first superuser and returns the password, which is generated if none is given.

    Returns None if there is a superuser. Raises ValidationError if the given password breaks a rule for passwords.
    """
    if User.objects.filter(is_superuser=True).exists():
        return None
    if password:
        validate_password(password, User(username=username, email=email))
    password = password or secrets.token_urlsafe(12)
    User.objects.create_superuser(username=username, email=email, password=password)
    return password
