"""The permissions in the back office, in the language of the reader. Django keeps their names in English."""

from typing import Any

from django.contrib.auth.models import Permission
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

ACTS = {
    "add": _("add %(rows)s"),
    "change": _("change %(rows)s"),
    "delete": _("delete %(rows)s"),
    "view": _("view %(rows)s"),
}


def permission_label(permission: Permission) -> str:
    """Returns the part of the site and what the permission allows there, such as "Library: add books"."""
    model = permission.content_type.model_class()
    if model is None:  # of an app that is no longer installed
        return str(permission)
    act, _separator, name = permission.codename.partition("_")
    allowed = permission.name
    if act in ACTS and name == model._meta.model_name:
        allowed = ACTS[act] % {"rows": model._meta.verbose_name_plural}
    return f"{capfirst(str(model._meta.app_config.verbose_name))}: {allowed}"


class PermissionLabelsMixin:
    """Labels the permissions of an admin's form."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and db_field.related_model is Permission:
            field.label_from_instance = permission_label
        return field
