"""All promises, in the order in which they are checked, and those about the database as a whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection, models

import accounts.promises
import books.promises
import devices.promises
import infractions.promises
import questions.promises
import rentals.promises
import scores.promises
from common.history_promises import history_promises
from common.promises import Promise, Violation
from project.history import APPENDED, TABLES

FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, source.attname, confrelid::regclass::text, target.attname
    FROM pg_constraint
    JOIN pg_attribute source ON source.attrelid = conrelid AND source.attnum = conkey[1]
    JOIN pg_attribute target ON target.attrelid = confrelid AND target.attnum = confkey[1]
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2
"""
DANGLING = """
    SELECT ctid::text, {column} FROM {table} WHERE {column} IS NOT NULL
        AND NOT EXISTS (SELECT FROM {other} WHERE {other}.{key} = {table}.{column})
"""
# Materialized, because PostgreSQL may call the function first, also for its own tables, which refuse the server's role.
SEQUENCES = """
    WITH columns AS MATERIALIZED (
        SELECT attrelid::regclass::text AS place, attname AS name
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped
    )
    SELECT place, name, pg_get_serial_sequence(place, name) FROM columns
    WHERE pg_get_serial_sequence(place, name) IS NOT NULL ORDER BY 1
"""
BEHIND = """
    SELECT greatest(max({column}), 0), coalesce((SELECT last_value FROM pg_sequences
        WHERE format('%%I.%%I', schemaname, sequencename) = %s), 0) FROM {table}
"""
GUARDS = """
    SELECT conname, convalidated FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
    UNION ALL
    SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = current_schema()::regnamespace
"""
DISABLED_TRIGGERS = """
    SELECT tgname, tgrelid::regclass::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = current_schema()::regnamespace AND tgenabled NOT IN ('O', 'A') ORDER BY 2, 1
"""


def fetch(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def dangling_references(at: datetime) -> Iterator[Violation]:
    for table, column, other, key in fetch(FOREIGN_KEYS):
        for place, value in fetch(DANGLING.format(table=table, column=column, other=other, key=key)):
            yield {"row": f"{table} at {place}", "column": column, "value": value, "missing_in": other}


def sequences_behind(at: datetime) -> Iterator[Violation]:
    for table, column, sequence in fetch(SEQUENCES):
        [(highest, last)] = fetch(BEHIND.format(table=table, column=column), sequence)
        if highest > last:
            yield {"row": f"{table} {highest}", "sequence": sequence, "last_value": last, "highest": highest}


def sequences_advance(at: datetime) -> None:
    for violation in sequences_behind(at):
        sequence = violation["sequence"]
        fetch("SELECT setval(%s, greatest(%s, nextval(%s)))", sequence, violation["highest"], sequence)


def guards_missing(at: datetime) -> Iterator[Violation]:
    """Yields the constraints and indexes of models that the database does not have, or has not checked."""
    known = dict(fetch(GUARDS))
    for model in apps.get_models():
        guards: list[models.BaseConstraint | models.Index] = [*model._meta.constraints, *model._meta.indexes]
        for guard in guards:
            if not known.get(guard.name):
                state = "not valid" if guard.name in known else "missing"
                yield {"row": model._meta.db_table, "guard": guard.name, "state": state}
    for name, table in fetch(DISABLED_TRIGGERS):
        yield {"row": table, "guard": name, "state": "disabled"}


PROMISES: tuple[Promise, ...] = (
    Promise("guards", "The database has every constraint, index and trigger, and uses it.", guards_missing),
    Promise("references", "What a row refers to exists.", dangling_references),
    Promise("sequences", "A sequence is ahead of the ids in its table.", sequences_behind, fix=sequences_advance),
    *accounts.promises.PROMISES,
    *books.promises.PROMISES,
    *rentals.promises.PROMISES,
    *scores.promises.PROMISES,
    *infractions.promises.PROMISES,
    *questions.promises.PROMISES,
    *devices.promises.PROMISES,
    *history_promises(TABLES, APPENDED),
)
