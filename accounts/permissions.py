"""Rules about accounts that several doors share."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User


def may_change_account(user: User, account: User) -> bool:
    """Only superusers change an account that has any rights (staff, group, permission), their own included."""
    return user.is_superuser or (user.has_perm("accounts.change_user") and not account.has_rights())


def grant(apps: Any, group_name: str, permissions: Iterable[str]) -> None:
    """For migrations: gives a staff group permissions such as `books.add_book`, making what is not there yet.

    Django makes permissions only after all migrations, and then finds these.
    """
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=group_name)
    for permission in permissions:
        app, codename = permission.split(".")
        action, model = codename.split("_")
        content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label=app, model=model
        )
        name = apps.get_model(app, model)._meta.verbose_name
        row, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": f"Can {action} {name}"}
        )
        group.permissions.add(row)
