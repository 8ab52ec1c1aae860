"""What is promised about the history of tables."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection

from common.history import HistoryTable
from common.history_triggers import TRIGGERS, function_body, function_name
from common.promises import Promise, Violation

TRIGGERS_OF_TABLES = """
    SELECT tgrelid::regclass::text, tgname, prosrc
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = current_schema()::regnamespace AND tgname = ANY(%s) AND tgenabled IN ('O', 'A')
"""
# Rows that are newer than the first one whose addition is recorded, and whose own is not. Keys come from a sequence.
UNRECORDED = """
    SELECT {key} FROM {table}
    WHERE {key} > (SELECT min(row_key::bigint) FROM common_historyentry WHERE table_name = '{table}' AND act = 'insert')
        AND NOT EXISTS (SELECT FROM common_historyentry AS entry
            WHERE entry.table_name = '{table}' AND entry.row_key = {table}.{key}::text AND entry.act = 'insert')
    ORDER BY {key}
"""


def history_promises(tables: Sequence[HistoryTable], recorded: Sequence[str]) -> tuple[Promise, ...]:
    """Returns the promises about the history of `tables`. The rows of the `recorded` ones are never deleted."""
    by_name = {table.name: table for table in tables}

    def triggers_missing(at: datetime) -> Iterator[Violation]:
        """Yields the triggers that are missing or disabled, or do not record the columns that are listed."""
        with connection.cursor() as cursor:
            cursor.execute(TRIGGERS_OF_TABLES, [list(TRIGGERS)])
            found = {(table, trigger): source for table, trigger, source in cursor.fetchall()}
        for table in tables:
            for trigger in TRIGGERS:
                if found.get((table.name, trigger)) != function_body(table):
                    yield {"row": table.name, "trigger": trigger, "function": function_name(table)}

    def rows_unrecorded(at: datetime) -> Iterator[Violation]:
        with connection.cursor() as cursor:
            for name in recorded:
                cursor.execute(UNRECORDED.format(table=name, key=by_name[name].primary_key))
                yield from ({"row": f"{name} {key}", "missing": "insert"} for (key,) in cursor.fetchall())

    return (
        Promise("history_triggers", "Triggers record each change of the listed tables.", triggers_missing),
        Promise("history_rows", "Each row that is never deleted has its addition in the history.", rows_unrecorded),
    )
