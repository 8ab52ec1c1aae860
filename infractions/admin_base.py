"""Admins that every register of the traffic office starts from."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin.base import ServiceAdmin
from infractions import services


class KeptAdmin(ServiceAdmin):
    """Rows that are deleted only while nothing refers to them."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.row_delete(row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            services.row_delete(row=row)


def changes(form: Any) -> dict[str, Any]:
    """What the form was sent with, where it differs from the row."""
    return {name: form.cleaned_data[name] for name in form.changed_data}
