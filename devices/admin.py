"""The device registry in the back office."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin.changelists import ChoiceFilter, DayRangeFilter
from common.admin.deletion import DeletableAdmin
from common.admin.spreadsheets import SpreadsheetAdmin
from common.admin.times import time_column
from common.form_fields import LineFormField
from devices import services
from devices.models import Device, DeviceModel, DeviceStatus
from devices.serials import is_placeholder
from devices.spreadsheets import DeviceSpreadsheet

MAX_COUNTED_DEVICES = 1_000  # of each model, on the list of models


class DeviceForm(forms.ModelForm):
    serial = LineFormField(
        label=_("Serial"),
        required=False,
        max_length=64,
        help_text=_("Leave empty to assign the next number."),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Device
        fields = ("slug", "model", "name", "note", "status", "place", "serial")

    def clean_serial(self) -> str:
        """Returns the serial of the device if none is entered; a new device is assigned the next number."""
        entered: str = self.cleaned_data["serial"]
        serial: str = self.instance.serial if is_placeholder(entered) else entered or self.instance.serial
        return serial


class StatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return DeviceStatus.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(status=self.value()) if self.value() in DeviceStatus.values else queryset


CREATED, CHANGED = time_column("created_at", _("created")), time_column("updated_at", _("changed"))


class CommonModelFilter(ChoiceFilter):
    title = _("common model")
    parameter_name = "common"
    choices_by_value = {"no": (_("Not one of the ten most common"), lambda devices: devices.of_other_models())}


@admin.register(Device)
class DeviceAdmin(SpreadsheetAdmin):
    form = DeviceForm
    spreadsheet_class = DeviceSpreadsheet
    list_display = ("slug", "model", "name", "status", "place", "serial", CREATED, CHANGED)
    list_filter = (("model", AutocompleteSelectFilter), StatusFilter, CommonModelFilter, ("created_at", DayRangeFilter))
    search_method = "search_or_serial"
    search_help_text = _("Words in the id, name or note, or a full serial")
    sortable_by = ("slug", "serial", CREATED)
    autocomplete_fields = ("model",)
    fields = ("slug", "model", "name", "note", "status", "place", "serial", "created_at", "updated_at")
    readonly_fields = ("created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Device]:
        return super().get_queryset(request).defer("search")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else ("slug", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        names = {field.attname for field in Device._meta.concrete_fields if field.name in form.changed_data}
        if not isinstance(obj.serial, str) or obj.serial == form.initial.get("serial"):  # none was entered
            names.discard("serial")
        values: Any = {name: getattr(obj, name) for name in names}
        if change:
            services.device_update(device=obj, at=timezone.now(), **values)
        else:
            services.device_create(at=timezone.now(), **values)

    def delete_row(self, row: Device) -> None:
        services.device_delete(device=row)


@admin.register(DeviceModel)
class DeviceModelAdmin(DeletableAdmin):
    list_display = ("slug", "device_count")
    search_fields = ("^slug",)
    search_help_text = _("The beginning of an id")
    sortable_by = ("slug",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeviceModel]:
        devices = Device.objects.filter(model=OuterRef("pk")).order_by().values("slug")[: MAX_COUNTED_DEVICES + 1]
        counted = Func(ArraySubquery(devices), function="CARDINALITY", output_field=IntegerField())
        return super().get_queryset(request).annotate(device_count=counted)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("slug",)

    @admin.display(description=_("devices"))
    def device_count(self, model: Any) -> str:
        if model.device_count > MAX_COUNTED_DEVICES:
            return gettext("more than %(count)s") % {"count": localize(MAX_COUNTED_DEVICES)}
        return localize(model.device_count)

    def delete_row(self, row: DeviceModel) -> None:
        services.device_model_delete(model=row)
