"""The history of a row in the back office."""

from collections.abc import Iterable
from functools import cache, partial
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.admin.utils import display_for_field, unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from common.api.serializers import ListParameters
from common.history import entries_of_row
from common.history_entry import HistoryEntry
from common.pages import list_page, list_parameters

NOTHING = "–"  # noqa: RUF001  an en dash
MAX_VALUE_LENGTH = 200  # characters


@cache
def models_by_table() -> dict[str, type[models.Model]]:
    """Returns the models of all tables, by the tables' names."""
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def table_title(name: str) -> str:
    model = models_by_table().get(name)
    return capfirst(str(model._meta.verbose_name)) if model else name


def name_users(entries: Iterable[Any]) -> None:
    """Sets `who` of each entry to the username or the number of its user or officer, in one statement."""
    users = get_user_model()._default_manager.in_bulk({entry.user_id for entry in entries if entry.user_id})
    for entry in entries:
        entry.who = NOTHING
        if entry.officer_id:
            entry.who = gettext("officer %(number)s") % {"number": entry.officer_id}
        elif entry.user_id:
            user = users.get(entry.user_id)
            entry.who = str(user) if user else gettext("account %(number)s") % {"number": entry.user_id}


def shown_changes(entry: HistoryEntry) -> Any:
    """Returns what an entry says about the columns of its row, in the order of the model, as HTML."""
    model = models_by_table().get(entry.table_name)
    fields = {field.column: field for field in model._meta.concrete_fields} if model else {}
    names = [*(name for name in fields if name in entry.changes), *(entry.changes.keys() - fields.keys())]
    lines = ((title(fields.get(name), name), shown_pair(fields.get(name), entry.changes[name])) for name in names)
    return format_html_join("", "<div>{}: {}</div>", lines)


def title(field: Any, name: str) -> str:
    return capfirst(str(field.verbose_name)) if field else name


def shown_pair(field: Any, pair: Any) -> str:
    if not isinstance(pair, list):  # the value is secret or personal; a record of the history itself has a plain value
        return gettext("changed") if pair is None else str(pair)
    before, after = (shown_value(field, value) for value in pair)
    return format_html("{} → {}", before, after)


def shown_value(field: Any, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if field is None or isinstance(field, models.FileField):
        return str(value)
    try:
        shown = display_for_field(field.to_python(value), field, NOTHING)
    except (ValidationError, TypeError, ValueError):  # of a type that the column had before
        return str(value)
    return Truncator(shown).chars(MAX_VALUE_LENGTH) if isinstance(value, str) else shown


class HistoryMixin(ModelAdmin):
    """Shows the history of a row, which the database records, above what Django has logged in the back office.

    `history_tables` are tables whose entries belong to the row as well, such as the groups of an account.
    """

    history_tables: ClassVar[tuple[str, ...]] = ()

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The template calls it, once Django's view has checked that the user may see the row.
        page = partial(self.history_page, request, unquote(object_id))
        response: HttpResponse = super().history_view(
            request, object_id, {**(extra_context or {}), "get_history": page}
        )
        return response

    def history_page(self, request: HttpRequest, key: str) -> Any:
        rows = entries_of_row((self.model._meta.db_table, *self.history_tables), key)
        page = list_page(request, rows, list_parameters(request, HistoryEntry, ListParameters))
        name_users(page.rows)
        for entry in page.rows:
            entry.table_title, entry.shown_changes = table_title(entry.table_name), shown_changes(entry)
        return page
