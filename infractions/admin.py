"""The back office of the traffic office: persons and vehicles. Other modules have the other models."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from accounts.authentication import current_user
from common.admin.acts import Act
from infractions import admin_infractions, admin_objections, admin_officers, sales, services  # noqa: F401  register
from infractions.admin_base import RegisterAdmin, changed_values
from infractions.models import OwnerChange, Person, Vehicle
from infractions.report_query import MAX_REPORT_RESULTS

MOVE_PERMISSION = "infractions.change_infraction"
MAX_SHOWN = 50  # vehicles and infractions on the page of a person


@admin.register(Person)
class PersonAdmin(RegisterAdmin):
    list_display = ("name", "email")
    search_method = "search"
    search_help_text = _("Name or email address")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Also shows the vehicles of the person, with all their owners, and the newest infractions."""
        context = dict(extra_context or {})
        person = self.get_object(request, object_id)
        if person is not None and request.user.has_perm("infractions.view_vehicle"):
            context["vehicles"] = Vehicle.objects.ever_owned_by(person).with_owners()[:MAX_SHOWN]
        if person is not None and request.user.has_perm("infractions.view_infraction"):
            context["infractions"] = person.infractions.select_related("vehicle", "officer")[:MAX_SHOWN]
        return super().change_view(request, object_id, form_url, context)

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
    owner_since = forms.SplitDateTimeField(
        label=_("New owner since"),
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text=_("When the new owner bought the vehicle. Leave this empty if it was now."),
    )

    class Meta:
        model = Vehicle
        fields = ("license_plate", "brand", "color", "owner")

    def clean_owner_since(self) -> datetime | None:
        owner_since: datetime | None = self.cleaned_data["owner_since"]
        if owner_since is None:
            return None
        if "owner" not in self.changed_data:
            raise ValidationError(sales.SAME_OWNER)
        if error := sales.owner_since_error(self.instance, owner_since, at=timezone.now()):
            raise ValidationError(error)
        return owner_since

    def _get_validation_exclusions(self) -> set[str]:
        # Django skips the constraints on a field that is not in the form; those on `plate_key` check the license plate.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # the stubs lack it
        return exclusions - {"plate_key"}


class MoveForm(forms.Form):
    """How many infractions the page showed."""

    expected = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


@admin.register(Vehicle)
class VehicleAdmin(RegisterAdmin):
    history_tables = ("infractions_ownerchange",)
    form = VehicleForm
    list_display = ("license_plate", "brand", "color", "owner")
    search_method = "search"
    search_help_text = _("The beginning of a license plate, or the owner's whole email address")
    autocomplete_fields = ("owner",)
    acts = (
        Act(
            "move",
            "move_infractions",
            _("Move infractions to the new owner"),
            icon="sync_alt",
            form_class=MoveForm,
            bar=sales.move_bar,
            permission="may_move",
            template="admin/infractions/vehicle/move.html",
        ),
    )

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> tuple[type[TabularInline], ...]:
        return (OwnerChangeInline,) if obj and obj.owner_changes.exists() else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vehicle]:
        vehicles: QuerySet[Vehicle] = super().get_queryset(request)
        return vehicles.select_related("owner")  # for `choice_text`

    def choice_text(self, row: Vehicle) -> str:
        """Names the owner next to the plate, for staff who record an infraction."""
        return f"{row} ({row.brand}, {row.color}): {row.owner}"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return VehicleForm.Meta.fields if obj is None else (*VehicleForm.Meta.fields, "owner_since")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.is_sold = change and "owner" in form.changed_data
        if change:
            services.vehicle_update(vehicle=obj, by=current_user(request), at=timezone.now(), **changed_values(form))
        else:
            obj.pk = services.vehicle_create(**{name: form.cleaned_data[name] for name in VehicleForm.Meta.fields}).pk

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Asks whether a sale that was entered late moves infractions, if there are any."""
        response = super().response_change(request, obj)
        may_move = obj.is_sold and request.user.has_perm(MOVE_PERMISSION) and not sales.move_bar(obj)
        return redirect(self.row_url("act", obj, "move")) if may_move else response

    def may_move(self, request: HttpRequest, row: Vehicle) -> bool:
        return self.has_change_permission(request, row) and request.user.has_perm(MOVE_PERMISSION)

    def act_context(self, act: Act, row: Vehicle) -> dict[str, Any]:
        found = sales.infractions_sold_with(row).select_related("officer")
        moving = found.without_objection()
        return {
            "change": sales.last_change(row),
            "expected": moving.count(),
            "moving": moving[:MAX_REPORT_RESULTS],
            "staying": found.with_objection()[:MAX_REPORT_RESULTS],
        }

    def move_infractions(self, request: HttpRequest, row: Vehicle, *, at: datetime, expected: int) -> str:
        """Moves the number of infractions that the page showed. Raises Conflict if it is another one now."""
        count = sales.infractions_move(vehicle=row, by=current_user(request), at=at, expected=expected)
        return ngettext(
            "%(count)s infraction moved to the new owner.", "%(count)s infractions moved to the new owner.", count
        ) % {"count": count}
