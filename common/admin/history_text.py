"""What the history says to a reader: names instead of keys, labels instead of columns, and values as people write them.

Rows and values are named only to readers who may view them in the back office.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import takewhile
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import display_for_field, quote
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.admin.permission_labels import permission_label
from common.admin.widgets import is_key
from common.history import HistoryTable, history_tables
from common.history_entry import HistoryEntry
from common.templatetags.money import money
from common.templatetags.names import bdi
from common.templatetags.numbers import plain

NOTHING = "–"  # noqa: RUF001  an en dash
MAX_VALUE_LENGTH = 200  # characters
MAX_SAME_LENGTH = 50  # characters that are shown before those that changed
MONEY_PLACES = 2  # decimal places; no other number that is recorded has as many
LINK = '<a class="text-primary-600 underline dark:text-primary-500" href="{}">{}</a>'
# What the entry of the deletion of old entries has in place of columns
PRUNE_LABELS = {"before": _("entries before"), "number": _("number of entries")}
Model = type[models.Model]
Key = tuple[Model, Any]  # of a row


@cache
def models_by_table() -> dict[str, Model]:
    """Returns the models of all tables, by the tables' names."""
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def fields_of(table_name: str) -> dict[str, Any]:
    """Returns the fields of the model of a table, by column; none if there is no such table any more."""
    model = models_by_table().get(table_name)
    return {str(field.column): field for field in model._meta.concrete_fields} if model else {}


def officer_model() -> Model:
    return apps.get_model(settings.HISTORY_OFFICER_MODEL)


def table_title(name: str) -> str:
    table, model = history_tables().get(name), models_by_table().get(name)
    if table and table.title:
        return capfirst(str(table.title))
    if model is HistoryEntry:
        return capfirst(str(model._meta.verbose_name_plural))
    if model and model._meta.auto_created:  # the table between two models is named as the field that it stores
        owner: Any = model._meta.auto_created
        fields = owner._meta.many_to_many
        return capfirst(str(next(one.verbose_name for one in fields if one.remote_field.through is model)))
    return capfirst(str(model._meta.verbose_name)) if model else name


def column_title(entry: HistoryEntry, name: str) -> str:
    table, field = history_tables().get(entry.table_name), fields_of(entry.table_name).get(name)
    title = (table.labels.get(name) if table else None) or PRUNE_LABELS.get(name, name)
    if field is not None and title == name:
        # A verbose name that is no translation was made of the field's name.
        is_named = isinstance(field.verbose_name, Promise) or not field.is_relation
        title = field.verbose_name if is_named else field.related_model._meta.verbose_name
    return capfirst(str(title))


def key_model(table: HistoryTable) -> Model | None:
    """Returns the model of the rows by whose keys the entries of a table are found."""
    model = models_by_table().get(table.name)
    return fields_of(table.name)[table.owner].related_model if model and table.owner else model


def may_view(request: HttpRequest, model: Model, row: Any = None) -> bool:
    """Returns whether the reader may view rows of a model, or one row, in the back office."""
    if model_admin := admin.site._registry.get(model):
        return model_admin.has_view_permission(request, row)
    permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return bool(request.user.is_active and request.user.has_perm(permission))


def tables_in_view(request: HttpRequest) -> list[HistoryTable]:
    """Returns the tables whose rows the reader may view, those of an owner with the owner."""
    models_of_keys = ((table, key_model(table)) for table in history_tables().values())
    return [table for table, model in models_of_keys if model is not None and may_view(request, model)]


class HistoryText:
    """Describes entries to the reader who makes a request."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.rows: dict[Model, dict[Any, Any]] = {}

    def describe(self, entries: Iterable[Any], *, with_rows: bool = False) -> None:
        """Sets `table_title`, `shown_changes`, `who` and `of_request` of each entry, and also `row` if asked.

        The rows that the entries name are read by one statement for each model.
        """
        keys: dict[Model, set[Any]] = defaultdict(set)
        for entry in entries:
            for model, key in self.named_rows(entry, with_rows=with_rows):
                keys[model].add(key)
        self.rows = {model: self.read(model, keys[model]) for model in keys}
        for entry in entries:
            entry.table_title, entry.shown_changes = table_title(entry.table_name), self.changes(entry)
            entry.who, entry.of_request = self.who(entry), self.request_link(entry)
            if with_rows:
                entry.row = self.row(entry)

    def named_rows(self, entry: HistoryEntry, *, with_rows: bool) -> Iterator[Key]:
        """Yields the model and the key of each row that an entry names."""
        if entry.user_id:
            yield get_user_model(), entry.user_id
        if entry.officer_id:
            yield officer_model(), entry.officer_id
        fields = fields_of(entry.table_name)
        for name, pair in entry.changes.items():
            if (field := fields.get(name)) is not None and field.is_relation and isinstance(pair, list):
                yield from ((field.related_model, key) for key in pair if key is not None)
        if with_rows and (found := self.key_of(entry)):
            yield found

    def key_of(self, entry: HistoryEntry) -> Key | None:
        table = history_tables().get(entry.table_name)
        model = key_model(table) if table else None
        if model is None or not entry.row_key or not is_key(model, entry.row_key):
            return None
        return model, model._meta.pk.to_python(entry.row_key)

    def read(self, model: Model, keys: set[Any]) -> dict[Any, Any]:
        model_admin = admin.site._registry.get(model)
        rows: Any = model_admin.get_queryset(self.request) if model_admin else model._base_manager.select_related()
        return rows.in_bulk(keys)

    def name(self, model: Model, key: Any) -> str:
        """Returns the name of a row, as a link to its page if there is one, or that it is not for the reader."""
        row = self.rows[model].get(key)
        if not may_view(self.request, model, row):
            return gettext("not shown to you")
        if row is None:  # it was deleted
            return f"{capfirst(str(model._meta.verbose_name))} {key}"
        if isinstance(row, Permission):
            return permission_label(row)
        model_admin: Any = admin.site._registry.get(model)
        if model_admin is None:
            return bdi(row)
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[quote(row.pk)])
        return format_html(LINK, url, bdi(model_admin.history_name(row)))

    def who(self, entry: HistoryEntry) -> str:
        """Returns the officer or the user of an entry, who is named as residents are named to each other if need be."""
        officers, users = officer_model(), get_user_model()
        if entry.officer_id:
            may_name = may_view(self.request, officers, self.rows[officers].get(entry.officer_id))
            return self.name(officers, entry.officer_id) if may_name else gettext("an officer")
        if not entry.user_id:
            return ""
        user: Any = self.rows[users].get(entry.user_id)
        if user is not None and not may_view(self.request, users, user):
            return bdi(user.public_name)
        return self.name(users, entry.user_id)

    def request_link(self, entry: HistoryEntry) -> str:
        """Returns the request id, as a link to all changes of the request for those who may search them."""
        if not entry.request_id or not may_view(self.request, HistoryEntry):
            return entry.request_id
        url = f"{reverse('admin:common_historyentry_changelist')}?{urlencode({SEARCH_VAR: entry.request_id})}"
        return format_html(LINK, url, entry.request_id)

    def row(self, entry: HistoryEntry) -> str:
        found = self.key_of(entry)
        return self.name(*found) if found and found[1] in self.rows[found[0]] else entry.row_key

    def changes(self, entry: HistoryEntry) -> str:
        """Returns what an entry says about the columns of its row, in the order of the model, as HTML."""
        fields = fields_of(entry.table_name)
        names = [*(name for name in fields if name in entry.changes), *(entry.changes.keys() - fields.keys())]
        lines = [(column_title(entry, name), self.pair(entry, name, fields.get(name))) for name in names]
        return format_html_join("", "<div>{}: {}</div>", (line for line in lines if line[1]))

    def pair(self, entry: HistoryEntry, name: str, field: Any) -> str:
        """Returns the values of a column before and after, or the only one of a row that was added or deleted."""
        pair = entry.changes[name]
        if pair is None:
            return gettext("changed; the value is not recorded")
        if not isinstance(pair, list):
            return plain_value(pair)
        before, after = cut(pair)
        if entry.act == HistoryEntry.Act.INSERT:
            return self.value(field, after) if after not in (None, "") else ""
        if entry.act == HistoryEntry.Act.DELETE:
            return self.value(field, before) if before not in (None, "") else ""
        return format_html("{} → {}", self.value(field, before), self.value(field, after))

    def value(self, field: Any, value: Any) -> str:
        if value is None or value == "":
            return NOTHING
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        if field is None or isinstance(field, models.FileField):
            return str(value)
        if field.is_relation:
            return self.name(field.related_model, value)
        try:
            value = field.to_python(value)
            if isinstance(field, models.DecimalField):
                return money(value) if field.decimal_places == MONEY_PLACES else plain(value)
            return display_for_field(value, field, NOTHING)
        except (ValidationError, TypeError, ValueError, OverflowError):  # of a type or time zone of earlier
            return str(value)


def plain_value(value: Any) -> str:
    """Returns a number or a time that stands by itself in the entry of a deletion of old entries."""
    field: models.Field[Any, Any] = models.IntegerField() if isinstance(value, int) else models.DateTimeField()
    return display_for_field(field.to_python(value), field, NOTHING)


def cut(pair: list[Any]) -> list[Any]:
    """Returns both values, long texts from a little before where they begin to differ."""
    if not all(isinstance(value, str) for value in pair):
        return pair
    same = sum(1 for _pair in takewhile(lambda both: both[0] == both[1], zip(*pair, strict=False)))
    begin = max(0, same - MAX_SAME_LENGTH) if max(map(len, pair)) > MAX_VALUE_LENGTH else 0
    return ["…" * bool(begin) + Truncator(value[begin:]).chars(MAX_VALUE_LENGTH) for value in pair]
