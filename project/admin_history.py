"""The history of all tables in the back office, as a list that is searched and never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from common.admin.base import ServiceAdmin
from common.admin.changelists import BoundedList, DayRangeFilter, TextInputFilter
from common.admin.history import name_users, shown_changes, table_title
from common.models import HistoryEntry
from project.history import TABLES


class TableFilter(DropdownFilter):
    title = _("table")
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((table.name, table_title(table.name)) for table in TABLES), key=lambda choice: choice[1].lower())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(table_name=self.value()) if self.value() else queryset


class DoorFilter(DropdownFilter):
    title = _("by way of")
    parameter_name = "door"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value or "unknown", label) for value, label in HistoryEntry.Door.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset.filter(door="" if value == "unknown" else value) if value else queryset


class RowFilter(TextInputFilter):
    """Finds entries by one exact value."""

    title = _("row")
    parameter_name = "row"
    column = "row_key"

    def filter_by(self, rows: Any, value: str) -> Any:
        field: Any = HistoryEntry._meta.get_field(self.column)
        return rows.filter(**{self.column: field.clean(value, None)})


class UserFilter(RowFilter):
    title = _("number of the account")
    parameter_name = column = "user_id"


class OfficerFilter(RowFilter):
    title = _("number of the officer")
    parameter_name = column = "officer_id"


class HistoryList(BoundedList):
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Reads the users of all rows of the page at once."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        name_users(self.result_list)


@admin.register(HistoryEntry)
class HistoryAdmin(ServiceAdmin):
    list_display = ("at", "table", "row_key", "act", "values", "who", "door", "request_id")
    list_filter = (TableFilter, RowFilter, UserFilter, OfficerFilter, DoorFilter, ("at", DayRangeFilter))
    search_method = "search"
    search_help_text = _("Request id")
    fields = readonly_fields = list_display

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedList]:
        return HistoryList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        entry = super().get_object(request, object_id, from_field)
        name_users([entry] if entry else [])
        return entry

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description=_("table"))
    def table(self, entry: Any) -> str:
        return table_title(entry.table_name)

    @admin.display(description=_("values"))
    def values(self, entry: Any) -> Any:
        return shown_changes(entry)

    @admin.display(description=_("by"))
    def who(self, entry: Any) -> Any:
        return entry.who
