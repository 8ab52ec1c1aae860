"""What tests of the history look at."""

from typing import Any

from django.db import connection, models

from common.models import HistoryEntry


def sql(statement: str, *values: Any) -> None:
    """Executes a statement as psql would: without the context that the site sends with its statements."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(statement, values)


class Recorded:
    """The entries that were recorded since this object was made."""

    def __init__(self) -> None:
        newest = HistoryEntry.objects.order_by("-id").first()
        self.after = newest.pk if newest else 0

    def entries(self, *tables: type[models.Model] | str) -> list[HistoryEntry]:
        """Returns the new entries in the order in which they were recorded, of all tables or of these."""
        names = [table if isinstance(table, str) else table._meta.db_table for table in tables]
        found = HistoryEntry.objects.filter(pk__gt=self.after).order_by("id")
        return list(found.filter(table_name__in=names) if names else found)

    def acts(self, *tables: type[models.Model] | str) -> list[tuple[str, str, Any]]:
        """Returns the key, the act and the changes of each entry."""
        return [(entry.row_key, entry.act, entry.changes) for entry in self.entries(*tables)]

    def context(self, *tables: type[models.Model] | str) -> tuple[str, Any, Any, str]:
        """Returns the door, the user, the officer and the request id, which all entries have in common."""
        [context] = {(e.door, e.user_id, e.officer_id, e.request_id) for e in self.entries(*tables)}
        return context
