"""The personal data of a resident over all apps: exporting it, and closing the account."""

from datetime import datetime
from typing import Any

from django.db import transaction

import accounts.personal
import infractions.personal
import questions.personal
import rentals.personal
import scores.personal
from accounts.models import User
from common.exceptions import Conflict

# The order in which apps close their part. The account is locked before all of them, because all other services lock
# it first, and is emptied after them, because they find their rows by it.
APPS = {
    "library": rentals.personal,
    "scores": scores.personal,
    "traffic": infractions.personal,
    "questions": questions.personal,
    "account": accounts.personal,
}


def personal_data(user: User, *, at: datetime) -> dict[str, Any]:
    """Returns all that is kept about a resident, except the remarks of staff, by app."""
    parts = {name: app.export(user, at=at) for name, app in APPS.items()}
    return {"exported_at": at, **parts}


def bars(user: User, *, at: datetime) -> list[str]:
    """Returns why the account cannot be closed; nothing if it can."""
    return [reason for app in APPS.values() for reason in app.bars(user, at=at)]


@transaction.atomic
def account_close(*, user: User, at: datetime) -> None:
    """Closes an account for good. What history needs stays without a name, and the rest is deleted.

    Guarantees that no rental of the account is open afterwards: `rental_create` takes the same lock first. Raises
    Conflict with every reason that bars it, and Http404 if the account is gone. Then nothing has changed.
    """
    locked = accounts.personal.account_lock_to_close(user)
    if reasons := bars(locked, at=at):
        raise Conflict(" ".join(reasons))
    for app in APPS.values():
        app.close(locked, at=at)
