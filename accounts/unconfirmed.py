"""Ends accounts whose email address is not that of the person who registered them."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import models, transaction

from accounts.models import SIGN_IN_APPS, User


@transaction.atomic
def address_disown(*, address: EmailAddress, at: datetime) -> None:
    """Removes an unverified address from an account, because its owner says that the account is not theirs.

    Of an account that was going to change to the address, only this plan ends. Otherwise the account ends, as
    `unconfirmed_account_end` says.
    """
    user = User.objects.select_for_update().filter(pk=address.user_id).first()
    deleted, _rows = EmailAddress.objects.filter(pk=address.pk, verified=False).delete()
    if user is not None and deleted and address.email == user.email.lower():
        unconfirmed_account_end(user=user, at=at)


@transaction.atomic
def unconfirmed_account_end(*, user: User, at: datetime) -> bool:
    """Deletes an account that never confirmed an address and has no rights and no history. Returns whether it did.

    Any other account is kept, and loses its address, sessions and tokens. Accounts that confirm an address, or get
    their first row of history, at the same moment wait for the lock: an account is deleted before or kept.
    """
    locked = User.objects.select_for_update().filter(pk=user.pk)
    if not locked.exists():
        return False
    if User.objects.never_confirmed().without_history().filter(pk=user.pk, unconfirmed_since__lte=at).exists():
        User.objects.get(pk=user.pk).delete()
        return True
    EmailAddress.objects.filter(user=user).delete()
    user.refresh_tokens.all().delete()
    User.objects.filter(pk=user.pk).update(email="", sessions_ended=models.F("sessions_ended") + 1)
    return False


def credentials_delete(user: User) -> None:
    """Deletes the rows of allauth's apps with which a user can sign in, whichever of them are installed."""
    for relation in User._meta.related_objects:
        label = relation.related_model._meta.app_label
        if label in SIGN_IN_APPS - {"account", "accounts"}:
            relation.related_model._base_manager.filter(**{relation.field.name: user}).delete()
