"""Decides who may change an account, and gives staff groups their permissions."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.models import User
from common.api.permissions import MethodPermission

# The groups that migrations create. Their names are stored in English.
STAFF_GROUPS = (
    gettext_noop("Accounts desk"),
    gettext_noop("Device managers"),
    gettext_noop("Editors"),
    gettext_noop("Front desk"),
    gettext_noop("Librarians"),
    gettext_noop("Moderators"),
    gettext_noop("Traffic office"),
)


class AccountPermission(MethodPermission):
    """Lets callers change their own account, and others as `may_change_account` says."""

    message = _("You may not change this account.")

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        caller: Any = request.user
        return request.method in SAFE_METHODS or obj == caller or may_change_account(caller, obj)


def may_change_account(user: User, account: User) -> bool:
    """Returns whether a member of staff may change an account.

    Only superusers may change one that has rights (see `User.has_rights`), even if it is their own. A closed account
    is not changed.
    """
    if account.closed_at is not None:
        return False
    return user.is_superuser or (user.has_perm("accounts.change_user") and not account.has_rights())


def group_title(group: Any) -> str:
    """Returns the name of a group, translated unless superusers have named it."""
    return gettext(group.name) if group.name in STAFF_GROUPS else group.name


def grant(apps: Any, group_name: str, permissions: Iterable[str]) -> None:
    """Gives a staff group permissions such as `books.add_book`. For migrations.

    Creates the group and the permissions that do not exist yet: Django creates permissions only after all migrations,
    and then finds these.
    """
    group, _created = apps.get_model("auth", "Group").objects.get_or_create(name=group_name)
    for permission in permissions:
        app, codename = permission.split(".")
        action, model = codename.split("_")
        content_type, _created = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label=app, model=model
        )
        name = apps.get_model(app, model)._meta.verbose_name
        row, _created = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": f"Can {action} {name}"}
        )
        group.permissions.add(row)
