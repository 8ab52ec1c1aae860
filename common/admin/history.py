"""The history of a row in the back office."""

from functools import partial
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from common.admin.history_text import HistoryText
from common.admin.times import short_time
from common.api.serializers import ListParameters
from common.history import entries_of_row
from common.history_entry import HistoryEntry
from common.pages import list_page, list_parameters


class HistoryMixin(ModelAdmin):
    """Shows the history of a row, which the database records, above what Django has logged in the back office.

    `history_tables` are tables whose entries belong to the row as well, such as the groups of an account.
    """

    history_tables: ClassVar[tuple[str, ...]] = ()

    def history_name(self, row: Any) -> str:
        """Returns what the history calls a row."""
        return str(row)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied  # Django's view would first tell whether there is such a row
        # The template calls it, once Django's view has checked that the user may see the row.
        page = partial(self.history_page, request, unquote(object_id))
        response: HttpResponse = super().history_view(
            request, object_id, {**(extra_context or {}), "get_history": page}
        )
        return response

    def history_page(self, request: HttpRequest, key: str) -> Any:
        rows = entries_of_row((self.model._meta.db_table, *self.history_tables), key)
        page = list_page(request, rows, list_parameters(request, HistoryEntry, ListParameters))
        HistoryText(request).describe(page.rows)
        for entry in page.rows:
            entry.time = short_time(entry.at)
        return page
