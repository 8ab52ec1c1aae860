"""The back office of the traffic office: persons, vehicles and infractions."""

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
from infractions import admin_officers, services  # noqa: F401  admin_officers registers OfficerAdmin
from infractions.admin_base import RegisterAdmin, changed_values
from infractions.models import Infraction, OwnerChange, Person, Vehicle, timestamp_error


@admin.register(Person)
class PersonAdmin(RegisterAdmin):
    list_display = ("name", "email")
    search_method = "search"
    search_help_text = _("Name or email address")

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        if change:
            services.person_update(person=obj, **changed_values(form))
        else:
            obj.pk = services.person_create(**form.cleaned_data).pk


class OwnerChangeInline(TabularInline):
    model = OwnerChange
    fields = readonly_fields = ("at", "former_owner", "new_owner", "by")
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OwnerChange]:
        changes: QuerySet[OwnerChange] = super().get_queryset(request)
        return changes.select_related("former_owner", "new_owner", "by")

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
        # Django skips the constraints on a field that is not in the form; those on `plate_key` check the license plate.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # the stubs lack it
        return exclusions - {"plate_key"}


@admin.register(Vehicle)
class VehicleAdmin(RegisterAdmin):
    form = VehicleForm
    list_display = ("license_plate", "brand", "color", "owner")
    list_select_related = ("owner",)
    search_method = "search"
    search_help_text = _("The beginning of a license plate, or the owner's whole email address")
    autocomplete_fields = ("owner",)
    inlines = (OwnerChangeInline,)

    def save_model(self, request: HttpRequest, obj: Vehicle, form: Any, change: bool) -> None:
        if change:
            services.vehicle_update(vehicle=obj, by=current_user(request), at=timezone.now(), **changed_values(form))
        else:
            obj.pk = services.vehicle_create(**form.cleaned_data).pk


class InfractionForm(forms.ModelForm):
    timestamp = forms.SplitDateTimeField(
        label=_("Time"),
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text=_("Leave this empty to use the current time."),
    )

    class Meta:
        model = Infraction
        fields = ("vehicle", "officer", "timestamp", "comments")

    def clean_timestamp(self) -> datetime | None:
        timestamp: datetime | None = self.cleaned_data["timestamp"]
        if timestamp and (error := timestamp_error(timestamp, at=timezone.now())):
            raise ValidationError(error)
        return timestamp


@admin.register(Infraction)
class InfractionAdmin(VoidableAdmin):
    form = InfractionForm
    list_display = ("timestamp", "vehicle", "owner", "officer", "short_comments", "standing")
    list_filter = (VoidFilter, ("timestamp", DayRangeFilter))
    list_select_related = ("vehicle", "owner", "officer")
    search_method = "search"
    search_help_text = _("A whole license plate, badge number, or email address of the owner")
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
    def short_comments(self, infraction: Infraction) -> str:
        return Truncator(infraction.comments).chars(60)

    def save_model(self, request: HttpRequest, obj: Infraction, form: Any, change: bool) -> None:
        recorded = services.infraction_record(
            plate=form.cleaned_data["vehicle"].license_plate,
            comments=form.cleaned_data["comments"],
            timestamp=form.cleaned_data["timestamp"],
            officer=form.cleaned_data["officer"],
            at=timezone.now(),
        )
        obj.pk = recorded.pk

    def void_row(self, request: HttpRequest, row: Infraction, *, reason: str, at: datetime) -> None:
        services.infraction_void(infraction=row, reason=reason, by=current_user(request), at=at)
