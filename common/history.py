"""The history of tables: who changed what, when and how. Triggers of the database write it.

Each app lists its tables in `history.py`, and a migration installs their triggers (`common.history_triggers`). Every
column of a table is in one of three groups. `shown` columns are recorded with their values before and after. Of
`hidden` columns, which are secret or personal, only the fact that they changed is recorded. A change of `derived`
columns only, which the database or a service computes, is not recorded.

A new row is recorded without its values, because the row has them, and later changes and its deletion record what they
were. Rows that are found by another key than their own, such as the groups of an account, are recorded with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils.module_loading import import_string

from common.history_entry import HistoryEntry


@dataclass(frozen=True)
class HistoryTable:
    """A table whose history is kept, with its columns by group.

    With an `owner`, a column that refers to a row of another table, the entries are shown on the page of that row. The
    `title` and the `labels` are what people see instead of the names that another package has for its model and fields.
    """

    name: str
    primary_key: str = "id"  # in none of the groups, as the owner
    owner: str = ""
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    title: Any = ""
    labels: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """The column by which the entries of a row are found."""
        return self.owner or self.primary_key

    @property
    def recorded(self) -> tuple[str, ...]:
        """The columns whose change is recorded."""
        return tuple(dict.fromkeys((self.primary_key, self.key, *self.shown, *self.hidden)))


@cache
def history_tables() -> dict[str, HistoryTable]:
    """Returns the tables of all apps, by name."""
    return {table.name: table for table in import_string(settings.HISTORY_TABLES)}


def entries_of_row(tables: tuple[str, ...], key: object) -> models.QuerySet[HistoryEntry]:
    """Returns the entries of the rows with a key in these tables, newest first."""
    return HistoryEntry.objects.filter(table_name__in=tables, row_key=str(key))


def history_redact(*, table: str, key: object) -> None:
    """Removes the values of a row from its history, which then tells only what was changed. This is recorded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT history_redact(%s, %s)", [table, str(key)])


def history_prune(*, before: datetime) -> int:
    """Deletes the entries before a time, at least a year ago, and returns their number. This is recorded.

    Only a function of the database may delete entries, not the role of the server.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT history_prune(%s)", [before])
        [(number,)] = cursor.fetchall()
        return int(number)


def misplaced_columns(table: HistoryTable) -> list[str]:
    """Returns the columns that are not in exactly one group, and those in a group that the table does not have."""
    [model] = [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table == table.name]
    columns = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
    grouped = [table.primary_key, table.owner, *table.shown, *table.hidden, *table.derived]
    if table.owner in ("", table.primary_key):
        grouped.remove(table.owner)
    return sorted(column for column in {*columns, *grouped} if (columns.count(column), grouped.count(column)) != (1, 1))
