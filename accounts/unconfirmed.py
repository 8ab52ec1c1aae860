"""Ends accounts whose email address may not be that of the person who registered them."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import SIGN_IN_APPS, User, new_session_salt
from common.security import log_security_event


@transaction.atomic
def address_disown(*, address: EmailAddress, at: datetime) -> None:
    """Removes an unverified address from an account, because its owner says that the account is not theirs.

    Of an account that was going to change to the address, only this plan ends. Otherwise the account is deleted or
    emptied (see `account_end`).
    """
    user = User.objects.select_for_update().filter(pk=address.user_id).first()
    deleted, _rows = EmailAddress.objects.filter(pk=address.pk, verified=False).delete()
    if user is not None and deleted and address.email == user.email.lower():
        account_end(user, at=at)


@transaction.atomic
def unconfirmed_account_end(*, user: User, at: datetime) -> bool:
    """Ends an account that registered itself and never confirmed an address. Returns whether it was deleted.

    Nothing happens if it has confirmed an address in the meantime, or ended before: the row is locked first.
    """
    locked = User.objects.select_for_update().filter(pk=user.pk).first()
    if locked is None or not User.objects.never_confirmed().filter(pk=user.pk).exists():
        return False
    return account_end(locked, at=at)


def account_end(user: User, *, at: datetime) -> bool:
    """Deletes a locked account that never confirmed an address and has no rights and no history. Returns whether.

    Any other account is kept, and loses its address, sessions and tokens. A row that comes to refer to a deleted
    account in the meantime is refused by its foreign key.
    """
    unused = User.objects.never_confirmed().without_history()
    if unused.filter(pk=user.pk, unconfirmed_since__lte=at).exists():
        log_security_event("unconfirmed_account_deleted", user_id=user.pk)
        user.delete()
        return True
    EmailAddress.objects.filter(user=user).delete()
    user.refresh_tokens.all().delete()
    User.objects.filter(pk=user.pk).update(email="", session_salt=new_session_salt(), unconfirmed_since=None)
    log_security_event("unconfirmed_account_emptied", user_id=user.pk)
    return False


def credentials_delete(user: User) -> None:
    """Deletes the rows of allauth's apps with which a user can sign in, whichever of them are installed."""
    for relation in User._meta.related_objects:
        label = relation.related_model._meta.app_label
        if label in SIGN_IN_APPS - {"account", "accounts"}:
            relation.related_model._base_manager.filter(**{relation.field.name: user}).delete()
