"""The traffic office."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from accounts.authentication import current_user
from common.admin.changelists import DayRangeFilter
from common.admin.records import VoidableAdmin, VoidFilter
from infractions import admin_officers, services  # noqa: F401  registers the officers
from infractions.admin_base import RegisterAdmin, changes
from infractions.models import Infraction, OwnerChange, Person, Vehicle, time_refusal


@admin.register(Person)
class PersonAdmin(RegisterAdmin):
    list_display = ("name", "email")
    search_method = "search"
    search_help_text = _("Name or e-mail address")

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        if change:
            services.person_update(person=obj, **changes(form))
        else:
            obj.pk = services.person_create(**form.cleaned_data).pk


class OwnerChangeInline(TabularInline):
    model = OwnerChange
    fields = readonly_fields = ("at", "former_owner", "new_owner", "by")
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OwnerChange]:
        return super().get_queryset(request).select_related("former_owner", "new_owner", "by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("infractions.view_vehicle")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_add_permission


class VehicleForm(forms.ModelForm):
    class Meta:
        model = Vehicle
        fields = ("license_plate", "brand", "color", "owner")

    def _get_validation_exclusions(self) -> set[str]:
        # Django passes over constraints on a column that the form does not show; these say what a plate is.
        return super()._get_validation_exclusions() - {"plate"}  # type: ignore[misc]


@admin.register(Vehicle)
class VehicleAdmin(RegisterAdmin):
    form = VehicleForm
    list_display = ("license_plate", "brand", "color", "owner")
    list_select_related = ("owner",)
    search_method = "search"
    search_help_text = _("Beginning of a plate, or an owner's whole e-mail address")
    autocomplete_fields = ("owner",)
    inlines = (OwnerChangeInline,)

    def save_model(self, request: HttpRequest, obj: Vehicle, form: Any, change: bool) -> None:
        if change:
            services.vehicle_update(vehicle=obj, by=current_user(request), at=timezone.now(), **changes(form))
        else:
            obj.pk = services.vehicle_create(**form.cleaned_data).pk


class InfractionForm(forms.ModelForm):
    timestamp = forms.SplitDateTimeField(
        label=_("Time"),
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text=_("Left out, it is now."),
    )

    class Meta:
        model = Infraction
        fields = ("vehicle", "officer", "timestamp", "comments")

    def clean_timestamp(self) -> datetime | None:
        timestamp = self.cleaned_data["timestamp"]
        refusal = timestamp and time_refusal(timestamp, at=timezone.now())
        if refusal:
            raise ValidationError(refusal)
        return timestamp


@admin.register(Infraction)
class InfractionAdmin(VoidableAdmin):
    form = InfractionForm
    list_display = ("timestamp", "vehicle", "owner", "officer", "beginning", "standing")
    list_filter = (VoidFilter, ("timestamp", DayRangeFilter))
    list_select_related = ("vehicle", "owner", "officer")
    search_method = "search"
    search_help_text = _("A plate, a badge number, or an owner's e-mail address")
    sortable_by = ("timestamp",)
    autocomplete_fields = ("vehicle", "officer")
    recorded_fields = ("vehicle", "officer", "timestamp", "comments")
    shown_fields = (
        "vehicle",
        "owner",
        "officer",
        "timestamp",
        "recorded",
        "comments",
        "standing",
        "date_voided",
        "voided_by",
        "void_reason",
    )

    @admin.display(description=_("comments"))
    def beginning(self, infraction: Infraction) -> str:
        return Truncator(infraction.comments).chars(60)

    def save_model(self, request: HttpRequest, obj: Infraction, form: Any, change: bool) -> None:
        given = dict(form.cleaned_data)
        created = services.infraction_record(plate=given.pop("vehicle").license_plate, at=timezone.now(), **given)
        obj.pk = created.pk

    def void_row(self, request: HttpRequest, row: Infraction, *, reason: str, at: datetime) -> None:
        services.infraction_void(infraction=row, reason=reason, by=current_user(request), at=at)
