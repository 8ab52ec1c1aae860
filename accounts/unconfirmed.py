"""Accounts that registered themselves and have never confirmed an address, which may be another person's."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import User, new_session_salt
from common.security import log_security_event

# The apps whose rows are part of the account itself. A row of any other app is something that the person did here.
ACCOUNT_APPS = {"accounts", "account", "mfa", "socialaccount", "usersessions"}


@transaction.atomic
def unconfirmed_account_end(*, user: User, at: datetime) -> bool:
    """Deletes an account that registered itself and never confirmed its address. Returns whether it did.

    An account that has rights, or that a row of another app refers to, is kept, but loses its address, sessions and
    tokens. Nothing happens if it has confirmed an address in the meantime, or ended before: the row is locked first,
    and new rows that refer to it wait.
    """
    locked = User.objects.never_confirmed().select_for_update().filter(pk=user.pk).first()
    if locked is None:
        return False
    if locked.has_rights() or is_referred_to(locked):
        locked.refresh_tokens.all().delete()
        EmailAddress.objects.filter(user=locked).delete()
        User.objects.filter(pk=locked.pk).update(email="", session_salt=new_session_salt(), unconfirmed_since=None)
        log_security_event("unconfirmed_account_emptied", user_id=locked.pk)
        return False
    log_security_event("unconfirmed_account_deleted", user_id=locked.pk)
    locked.delete()
    return True


def is_referred_to(user: User) -> bool:
    """Returns whether a row of another app refers to the account, also by a relation without a name."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: user}).exists()
        for relation in referring_relations()
    )


def referring_relations() -> list[Any]:
    relations: list[Any] = [field for field in User._meta.get_fields(include_hidden=True) if field.auto_created]
    return [one for one in relations if not one.concrete and one.related_model._meta.app_label not in ACCOUNT_APPS]
