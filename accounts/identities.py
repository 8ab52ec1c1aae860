"""Which account belongs to a person whom the identity provider has named.

A person is an issuer and a subject. The address only matters for the first link: later the provider may say another
one, and nothing changes here.
"""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException

from accounts import mail
from accounts.models import User
from common.exceptions import Conflict
from common.languages import site_language
from common.security import log_security_event
from common.throttling import count_attempt

USERNAME_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
USERNAME_LENGTH = 10


class IdentityRefused(APIException):
    """403: a person at the provider gets no account, and is told what to do. Nothing was changed."""

    status_code = status.HTTP_403_FORBIDDEN


@dataclass(frozen=True)
class Identity:
    """A person at the identity provider. `email` is None unless the provider has verified it."""

    issuer: str
    subject: str
    email: str | None


def identity_sign_in(*, identity: Identity, client_address: str, at: datetime) -> User:
    """Returns the account of a person, which is linked or made if the person comes for the first time.

    The caller asks for the second factor. Raises IdentityRefused, and Throttled after too many sign-ins.
    """
    user = linked_account(identity)
    if user is None:
        user = first_sign_in(identity, client_address=client_address, at=at)
    if not user.is_active:
        log_security_event("sign_in_failed", user_id=user.pk, by="identity")
        raise IdentityRefused(_("This account is deactivated. Please ask at the town hall."))
    count_attempt("sign_in", str(user.pk), at=at)
    if not user.has_factor():
        log_security_event("signed_in", user_id=user.pk, by="identity")
    return user


def first_sign_in(identity: Identity, *, client_address: str, at: datetime) -> User:
    """Links the account that has the person's address, or makes one.

    An account whose address is not verified may have been registered by a stranger, with a password, a name and
    history of the stranger's. So it is not linked, and not taken over silently either: its registrant may be the same
    person. A link to a new password, which goes to the address, frees it and ends what was set up before.
    """
    email = checked_email(identity)
    user: User | None = User.objects.by_name(email).first()
    if user is None:
        count_attempt("registration", client_address, at=at)
        return identity_register(identity=identity, email=email)
    if user.has_rights():
        log_security_event("identity_refused", user_id=user.pk, reason="rights")
        raise IdentityRefused(
            _(
                "An account with this address exists. Sign in to it with your password, and link it on your account "
                "page."
            )
        )
    if not user.has_verified(email):
        log_security_event("identity_refused", user_id=user.pk, reason="unverified")
        raise IdentityRefused(
            _(
                "An account with this address exists, but nobody has confirmed the address. If the account is yours, "
                "sign in to it with your password and confirm the address. If not, choose a new password by "
                "“Forgot your password?”: then the account is yours, and nobody else can sign in to it."
            )
        )
    if not user.is_active:
        return user
    identity_link(user=user, identity=identity, at=at, by_address=True)
    return user


def checked_email(identity: Identity) -> str:
    """Returns the address of a person as accounts have it. Raises IdentityRefused if the provider has verified none.

    Only ASCII: the lower case of some other letters, such as the Kelvin sign, is an ASCII letter, and so would be the
    mailbox of somebody else.
    """
    email = identity.email or ""
    try:
        if not email or not email.isascii():
            raise ValidationError("")
        User._meta.get_field("email").run_validators(email)
    except ValidationError as error:
        log_security_event("identity_refused", reason="email")
        text = _("%(name)s has not confirmed your email address. Confirm it there first, and then come back.")
        raise IdentityRefused(text % {"name": settings.OIDC_NAME}) from error
    return email.lower()


@transaction.atomic
def identity_link(*, user: User, identity: Identity, at: datetime, by_address: bool = False) -> None:
    """Links an account to a person who has the same verified address at the provider, and tells the owner by mail.

    `by_address` says that the person is not signed in to the account. Then it must have no rights. Raises
    IdentityRefused if a condition is not met. The account is locked first, so that they still hold when the link is
    written, and so that an account gets one link: an address may pass to another person at the provider.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    owner = linked_account(identity)
    if owner == user:
        return
    if owner is not None:
        raise IdentityRefused(_("This sign-in belongs to another account."))
    if SocialAccount.objects.filter(user=user, provider=identity.issuer).exists():
        log_security_event("identity_refused", user_id=user.pk, reason="other_link")
        raise IdentityRefused(
            _(
                "The account with this address is linked to another sign-in. Remove that link on your account page "
                "first."
            )
        )
    email = checked_email(identity)
    if not user.has_verified(email) or (by_address and user.has_rights()):
        raise IdentityRefused(
            _("Your account and %(name)s must have the same confirmed email address.") % {"name": settings.OIDC_NAME}
        )
    link_create(user, identity)
    mail.send_notice("identity_linked", user, at=at)


@transaction.atomic
def identity_register(*, identity: Identity, email: str) -> User:
    """Makes an account without a password for a person whose address no account has. The address is verified.

    Raises IdentityRefused if another request has made an account with the address in the meantime.
    """
    user = User(username=new_username(), email=email, password=make_password(None), language=site_language())
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    except IntegrityError as error:
        raise IdentityRefused(_("Another request was faster. Please try again.")) from error
    log_security_event("registered", user_id=user.pk, by="identity")
    link_create(user, identity)
    return user


def link_create(user: User, identity: Identity) -> None:
    """Writes a link. A constraint keeps a person from having two accounts."""
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=user, provider=identity.issuer, uid=identity.subject)
    except IntegrityError as error:
        raise IdentityRefused(_("Another request was faster. Please try again.")) from error
    log_security_event("identity_linked", user_id=user.pk)


@transaction.atomic
def identity_unlink(*, user: User, at: datetime) -> None:
    """Removes the link of an account, and tells the owner. Raises Conflict if the account has no password then."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.has_usable_password():
        raise Conflict(_("Choose a password first. Without it and without the link you could not sign in any more."))
    if SocialAccount.objects.filter(user=user).delete()[0]:
        log_security_event("identity_unlinked", user_id=user.pk)
        mail.send_notice("identity_unlinked", user, at=at)


def linked_account(identity: Identity) -> User | None:
    link = SocialAccount.objects.filter(provider=identity.issuer, uid=identity.subject).select_related("user").first()
    user: User | None = link.user if link else None
    return user


def is_linked(*, user: User, identity: Identity | None = None) -> bool:
    """Returns whether an account is linked to the current provider, and to this person if one is given."""
    links = SocialAccount.objects.filter(user=user, provider=settings.OIDC_SERVER)
    return bool((links.filter(uid=identity.subject) if identity else links).exists())


def new_username() -> str:
    """Returns a free username that says nothing about the person."""
    while True:
        try:
            username: str = get_adapter().clean_username("user-" + get_random_string(USERNAME_LENGTH, USERNAME_LETTERS))
            return username
        except ValidationError:
            continue
