"""What an account holds about its resident, and what closing it does."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import PERSONAL_FIELDS, SIGN_IN_APPS, OneTimeCode, User, new_session_salt
from accounts.sessions import sessions_end
from accounts.unconfirmed import credentials_delete
from common.api.idempotency import answers_forget
from common.exceptions import Conflict
from common.history import entries_of_row, history_redact
from common.outbox import mails_forget
from common.security import log_security_event

EXPORTED_FIELDS = ("id", "username", "email", "name", "phone", "address", "language", "date_joined", "last_login")


def account_lock_to_close(user: User) -> User:
    """Locks the account that is going to be closed, and returns it as it is now.

    Also locks all other superusers if it belongs to one, so that the last two do not close theirs at the same moment.
    Raises Http404 if the account is gone, and Conflict if it became a superuser's or was closed in the meantime.
    """
    own = Q(pk=user.pk)
    wanted = own | Q(is_superuser=True, is_active=True) if user.is_superuser else own
    locked = {one.pk: one for one in User.objects.select_for_update().filter(wanted).order_by("pk")}
    if user.pk not in locked:
        raise Http404
    found: User = locked[user.pk]
    if not found.is_active or found.is_superuser != user.is_superuser:
        raise Conflict(_("The account was changed by another request."))
    return found


def export(user: User, *, at: datetime) -> dict[str, Any]:
    """Returns the account, how one signs in to it, what staff changed in it, and when which of its values changed.

    Leaves out the remarks of staff, and the values that its history has: they are numbers and dates of the above.
    """
    content_type = ContentType.objects.get_for_model(User)
    entries = entries_of_row((User._meta.db_table,), user.pk).order_by("id")
    log = LogEntry.objects.filter(content_type=content_type, object_id=str(user.pk)).order_by("pk")
    return {
        **{field: getattr(user, field) for field in EXPORTED_FIELDS},
        "is_staff": user.is_staff,
        "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        "email_addresses": list(EmailAddress.objects.filter(user=user).order_by("pk").values("email", "verified")),
        "sign_in": sign_in_rows(user),
        "changes": [{"at": entry.action_time, "change": entry.get_change_message()} for entry in log],
        "history": [
            {
                "at": entry.at,
                "change": entry.act,
                "columns": sorted(entry.changes),
                "by_oneself": entry.user_id == user.pk,
            }
            for entry in entries
        ],
    }


def sign_in_rows(user: User) -> dict[str, int]:
    """Returns the number of rows with which the account signs in, by kind. Their values are secrets."""
    return {
        str(relation.related_model._meta.label): relation.related_model._base_manager.filter(
            **{relation.field.name: user}
        ).count()
        for relation in User._meta.related_objects
        if relation.related_model._meta.app_label in SIGN_IN_APPS and relation.related_model is not EmailAddress
    }


def bars(user: User, *, at: datetime) -> list[str]:
    """Returns that the account is that of the last superuser, if it is."""
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        return [_("This is the last account of a superuser.")]
    return []


def close(user: User, *, at: datetime) -> None:
    """Empties the account for good: its words, its rights, and all that signs in to it."""
    EmailAddress.objects.filter(user=user).delete()
    OneTimeCode.objects.filter(user=user).delete()
    user.refresh_tokens.all().delete()
    sessions_end(user=user)  # finds the sessions by rows that `credentials_delete` deletes
    credentials_delete(user)
    mails_forget(user_id=user.pk)
    answers_forget(user_id=user.pk)
    if user.email:
        mails_forget(recipient=user.email)
    user.groups.clear()
    user.user_permissions.clear()
    username = f"closed-{uuid4().hex}"
    content_type = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=content_type, object_id=str(user.pk)).update(object_repr=username)
    user.set_unusable_password()
    User.objects.filter(pk=user.pk).update(
        **dict.fromkeys(PERSONAL_FIELDS, ""),
        username=username,
        username_skeleton=None,
        language=settings.LANGUAGE_CODE,
        wants_notices=True,
        password=user.password,
        last_login=None,
        unconfirmed_since=None,
        is_active=False,
        is_staff=False,
        is_superuser=False,
        session_salt=new_session_salt(),
        closed_at=at,
    )
    history_redact(table=User._meta.db_table, key=user.pk)
    log_security_event("account_closed", user_id=user.pk)
