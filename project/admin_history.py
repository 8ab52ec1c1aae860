"""The history of all tables in the back office, as a list that is searched and never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from accounts.models import User
from common.admin.base import ServiceAdmin
from common.admin.changelists import BoundedList, DayRangeFilter, TextInputFilter
from common.admin.history_text import HistoryText, officer_model, table_title, tables_in_view
from common.admin.times import short_time
from common.admin.widgets import is_key
from common.history import history_tables
from common.models import HistoryEntry

MAX_FOUND = 100  # officers whose name or badge number was typed


class TableFilter(DropdownFilter):
    title = _("table")
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = ((table.name, table_title(table.name)) for table in tables_in_view(request))
        return sorted(choices, key=lambda choice: choice[1].lower())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(table_name=self.value()) if self.value() else queryset


class DoorFilter(DropdownFilter):
    title = _("way")
    parameter_name = "door"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value or "unknown", label) for value, label in HistoryEntry.Door.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset.filter(door="" if value == "unknown" else value) if value else queryset


class RowFilter(TextInputFilter):
    title = _("row")
    parameter_name = "row"

    def filter_by(self, rows: Any, value: str) -> Any:
        return rows.filter(row_key=value)


class NameFilter(TextInputFilter):
    """Finds by a number, which may be that of a deleted row, and by name for staff who may see the rows with names."""

    permission: str

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        self.may_see_names = request.user.has_perm(self.permission)
        return super().queryset(request, queryset)

    def keys_of(self, named: QuerySet[Any], value: str) -> list[int]:
        return [*(keys(named) if self.may_see_names else ()), *number(value)]


class UserFilter(NameFilter):
    """Finds what an account changed."""

    title = _("username or email address")
    parameter_name = "user"
    permission = "accounts.view_user"

    def filter_by(self, rows: Any, value: str) -> Any:
        return rows.filter(user_id__in=self.keys_of(User.objects.by_name(value), value))


class OfficerFilter(NameFilter):
    title = _("officer's name or badge number")
    parameter_name = "officer"
    permission = "infractions.view_officer"

    def filter_by(self, rows: Any, value: str) -> Any:
        officers: Any = officer_model()._default_manager
        return rows.filter(officer_id__in=self.keys_of(officers.search(value), value))


def keys(rows: QuerySet[Any]) -> list[int]:
    """Returns the keys of rows. With a subquery in its place, no index has the entries in the order of the list."""
    return list(rows.values_list("pk", flat=True)[:MAX_FOUND])


def number(value: str) -> list[int]:
    return [int(value)] if is_key(HistoryEntry, value) else []


class HistoryList(BoundedList):
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        HistoryText(request).describe(self.result_list, with_rows=True)


@admin.register(HistoryEntry)
class HistoryAdmin(ServiceAdmin):
    list_display = ("time", "done", "values", "by", "of_request")
    list_filter = (TableFilter, RowFilter, UserFilter, OfficerFilter, DoorFilter, ("at", DayRangeFilter))
    search_method = "search"
    search_help_text = _("Request id")
    fields = readonly_fields = ("at", "table", "row", "act", "values", "who", "door", "of_request")
    counted_names = _("changes")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedList]:
        return HistoryList

    def get_queryset(self, request: HttpRequest) -> QuerySet[HistoryEntry]:
        """Returns the entries of the tables whose rows the reader may view, and what was done to the history itself."""
        entries: QuerySet[HistoryEntry] = super().get_queryset(request)
        tables = [table.name for table in tables_in_view(request)]
        if len(tables) == len(history_tables()):
            return entries
        return entries.filter(table_name__in=[*tables, HistoryEntry._meta.db_table])

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        entry = super().get_object(request, object_id, from_field)
        HistoryText(request).describe([entry] if entry else [], with_rows=True)
        return entry

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description=_("time"))
    def time(self, entry: Any) -> str:
        return short_time(entry.at)

    @admin.display(description=_("change"))
    def done(self, entry: Any) -> str:
        return format_html("<div><div>{}: {}</div>{}</div>", entry.table_title, entry.get_act_display(), entry.row)

    @admin.display(description=_("by"))
    def by(self, entry: Any) -> str:
        door = entry.get_door_display()
        return format_html("<div>{} ({})</div>", entry.who, door) if entry.who else capfirst(door)

    @admin.display(description=_("table"))
    def table(self, entry: Any) -> Any:
        return entry.table_title

    @admin.display(description=_("row"))
    def row(self, entry: Any) -> Any:
        return entry.row

    @admin.display(description=_("values"))
    def values(self, entry: Any) -> Any:
        return format_html("<div>{}</div>", entry.shown_changes) if entry.shown_changes else ""

    @admin.display(description=_("by"))
    def who(self, entry: Any) -> Any:
        return entry.who

    @admin.display(description=_("request id"))
    def of_request(self, entry: Any) -> Any:
        return entry.of_request
