"""The pages about the town hall in the admin, for editors."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from common.admin.base import ServiceAdmin
from information import services
from information.models import InformationPage


@admin.register(InformationPage)
class InformationPageAdmin(ServiceAdmin):
    """Changes the texts. The pages themselves are linked from every page, so none is added or deleted."""

    list_display = ("slug", "updated_at")
    readonly_fields = ("slug", "updated_at")
    fields = ("slug", "text_en", "text_es", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: InformationPage, form: Any, change: bool) -> None:
        changes: services.Texts = {name: form.cleaned_data[name] for name in form.changed_data}  # type: ignore[assignment]
        services.information_update(page=obj, at=timezone.now(), **changes)
