"""Whatever writes accounts, passwords and addresses."""

import secrets
from datetime import datetime

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts.mail import in_background, send_verification
from accounts.models import User
from accounts.tokens import Pair, pair_issue
from common.exceptions import Conflict, violated_constraint

TAKEN = {
    "username_unique": {"username": _("A user with that username already exists.")},
    "email_unique": {"email": _("A user with that e-mail address already exists.")},
}


def user_register(*, username: str, email: str, password: str) -> User:
    """A new resident, whose address is still to be verified: the mail goes out once the account is stored.

    Raises ValidationError on `username` or `email` when it is taken, also by somebody who registers at this moment.
    """
    user = User(username=username, email=email, password=make_password(password))
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            EmailAddress.objects.create(user=user, email=email, primary=True)
    except IntegrityError as error:
        raise taken(error) from error
    transaction.on_commit(lambda: in_background(send_verification, user.pk))
    return user


def taken(error: IntegrityError) -> Exception:
    """The refusal of a name or address that somebody has, from the constraint that said so."""
    name = violated_constraint(error)
    if name.startswith("accounts_user_username"):  # Django's own unique index, beside the one without case
        name = "username_unique"
    return ValidationError(TAKEN[name]) if name in TAKEN else error


def email_verify(*, key: str) -> None:
    """Marks the address of a mailed key as verified; ValidationError when the key is wrong, too old or used."""
    confirmation = EmailConfirmationHMAC.from_key(key)
    if confirmation is None or not (
        EmailAddress.objects.filter(pk=confirmation.email_address.pk, verified=False).update(verified=True)
    ):
        raise ValidationError({"key": _("This key is wrong, too old, or was used before.")})


@transaction.atomic
def email_change(*, user: User, email: str) -> None:
    """Another address for an account: unverified, whatever the account had verified before."""
    EmailAddress.objects.filter(user=user).delete()
    user.email = email
    user.save(update_fields=["email"])
    if email:
        EmailAddress.objects.create(user=user, email=email.lower(), primary=True)


def account_update(*, user: User, **changes: str) -> User:
    """Changes name, phone or address. Raises Http404 when the account is gone."""
    if changes and not User.objects.filter(pk=user.pk).update(**changes):
        raise Http404
    for field, value in changes.items():
        setattr(user, field, value)
    return user


@transaction.atomic
def password_change(*, user: User, password: str, at: datetime) -> Pair:
    """Sets a password, ends every token of the user, and gives the caller a new pair.

    Raises Conflict when the password was changed by another request meanwhile.
    """
    password_replace(user, password)
    return pair_issue(user, at=at)


@transaction.atomic
def password_reset(*, user: User, password: str) -> None:
    """Sets the password of a user who followed a mailed link: ends every token, and verifies the address, which the
    link proves. Raises Conflict when the link was used by another request meanwhile.
    """
    password_replace(user, password)
    EmailAddress.objects.filter(user=user).exclude(email=user.email.lower()).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )


def password_replace(user: User, password: str) -> None:
    """Compares and swaps: of two requests that both saw the old password, one replaces it."""
    encoded = make_password(password)
    if not User.objects.filter(pk=user.pk, password=user.password).update(password=encoded):
        raise Conflict(_("The password was changed meanwhile."))
    user.password = encoded
    user.refresh_tokens.all().delete()


def first_admin_create(*, username: str, email: str, password: str | None) -> str | None:
    """The first superuser, unless there is one; returns the password, generated when none is given."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    password = password or secrets.token_urlsafe(12)
    User.objects.create_superuser(username=username, email=email, password=password)
    return password
