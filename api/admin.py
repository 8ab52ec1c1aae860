"""What the admin of every app starts from."""

from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from rest_framework.exceptions import APIException
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm

from api.exceptions import Conflict, refusal
from api.handlers import holders


class ServiceAdmin(ModelAdmin):
    """An admin that writes by the app's services.

    What a service refuses although the form let it through (a race, or a rule that the form does not know) becomes a
    message over the form; a new row keeps what was typed.
    """

    show_full_result_count = False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (APIException, ValidationError) as error:
            self.message_user(request, refusal(error), messages.ERROR)
            if object_id:
                return HttpResponseRedirect(request.path)
            # The same form anew, as if its address said what to begin with: a real one would be cut, and logged.
            request.method, request.GET = "GET", request.POST
            return super().changeform_view(request, None, form_url, extra_context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Django's; what holds a row is told before a missing right to delete that as well."""
        found, counts, missing, holding = super().get_deleted_objects(objs, request)
        return found, counts, set() if holding else missing, holding

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError as error:  # something has come to refer to it since the page asked
            self.message_user(request, f"It cannot be deleted: it is held by {holders(error)}.", messages.ERROR)
            return HttpResponseRedirect(request.path)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        is_deletion = request.POST.get("action") == "delete_selected"
        whole = transaction.atomic() if is_deletion else nullcontext()  # all rows and what is logged of them, or none
        try:
            with whole:
                return super().changelist_view(request, extra_context)
        except ProtectedError as error:
            self.message_user(request, f"Not deleted: one is held by {holders(error)}.", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class RecordAdmin(ServiceAdmin):
    """Rows that are recorded once: added, looked at, changed by actions alone, never deleted."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj is None else self.shown_fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.recorded_fields if obj is None else self.shown_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of actions on the list; the page of one row is to look at, and a form sent to it is refused."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    recorded_fields: tuple[str, ...] = ()
    shown_fields: tuple[str, ...] = ()


class WhyForm(ActionForm):
    why = forms.CharField(required=False, max_length=500)


class VoidableAdmin(RecordAdmin):
    """Records that are taken back by voiding them, saying why; a row tells by `voided` whether it was."""

    action_form = WhyForm
    actions = ("void",)

    def void_one(self, request: HttpRequest, row: Any, *, why: str, at: datetime) -> None:
        """Voids a row by the app's service."""
        raise NotImplementedError

    @admin.display(boolean=True, description="void")
    def is_void(self, row: Any) -> bool:
        return row.voided

    @admin.action(description="Void, saying why", permissions=["change"])
    def void(self, request: HttpRequest, queryset: QuerySet) -> None:
        why = request.POST.get("why", "").strip()
        if not why:
            self.message_user(request, "Say why in the field beside the action.", messages.ERROR)
            return
        act_on_each(self, request, queryset, "voided", lambda row, at: self.void_one(request, row, why=why, at=at))


class ChoiceFilter(admin.SimpleListFilter):
    """A filter whose choices are words for querysets."""

    choices_by_value: dict[str, tuple[str, Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _) in self.choices_by_value.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.choices_by_value.get(self.value() or "")
        return chosen[1](queryset) if chosen else queryset


def act_on_each(model_admin: admin.ModelAdmin, request: HttpRequest, rows: Any, done: str, act: Any) -> None:
    """Carries an act out on each chosen row, and says how many it was done to and which refused it."""
    at, count = timezone.now(), 0
    for row in rows:
        try:
            act(row, at)
            count += 1
        except Conflict as error:
            model_admin.message_user(request, f"{row}: {error.detail}", messages.WARNING)
    if count:
        model_admin.message_user(request, f"{count} {done}.", messages.SUCCESS)
