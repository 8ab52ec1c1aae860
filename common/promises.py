"""What the system promises about its data, and how `manage.py verify` checks it.

Services, constraints and triggers keep the promises. A check finds what gets past them: a fault in our code, a change
by hand, a restored backup, a fault of the database. Each app has a `promises.py`. A check only reads, takes a constant
number of statements, and names rows by their keys, never by personal data.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from common.collisions import UniqueRule, collisions
from common.models import CheckedPromise
from common.near_functions import add_words

Violation = dict[str, Any]  # the `row`, such as "books_book 7", and what is wrong with it
Find = Callable[[datetime], Iterable[Violation]]


@dataclass(frozen=True)
class Promise:
    """What holds for every row. `find` yields the rows for which it does not; `fix` rebuilds what is derived."""

    name: str  # also the label of the metric
    text: str
    find: Find
    fix: Callable[[datetime], object] | None = None

    def violations(self, *, at: datetime) -> list[Violation]:
        """Returns the violations in one snapshot of the database."""
        with snapshot():
            return list(self.find(at))


@contextmanager
def snapshot() -> Iterator[None]:
    """Runs statements that all see the same state of the database and may not change it.

    Within a transaction of the caller, as in tests, it is the caller's transaction.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def rows_of(sql: str) -> Find:
    """Returns a check that is a SELECT of a `row` and the columns that explain it. `%(at)s` is the time."""

    def find(at: datetime) -> Iterator[Violation]:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"at": at})
            names = [column.name for column in cursor.description]
            yield from (dict(zip(names, values, strict=True)) for values in cursor)

    return find


def run(sql: str) -> Callable[[datetime], object]:
    """Returns a fix that executes one statement."""

    def fix(at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"at": at})

    return fix


def unique(name: str, text: str, table: str, key: str, *, where: str = "true") -> Promise:
    """Returns the promise that no two rows of a table have the same key, an SQL expression over `keys`."""
    sql = f"""
        SELECT '{table} ' || string_agg(id::text, ', ' ORDER BY id) AS row, count(*) AS number
        FROM {table} WHERE {where} GROUP BY {key} HAVING count(*) > 1
    """  # noqa: S608  made of constants
    return Promise(name, text, rows_of(sql))


def unique_to_readers(name: str, text: str, rule: UniqueRule) -> Promise:
    """Returns the promise that no two rows are the same to a reader, by a rule of `common.collisions`."""

    def find(at: datetime) -> Iterator[Violation]:
        model = apps.get_model(rule.app, rule.model)
        for keys in collisions(model._base_manager.all(), rule.key):
            yield {"row": f"{model._meta.db_table} {', '.join(map(str, keys))}", "number": len(keys)}

    return Promise(name, text, find)


def words_kept(name: str, text: str, table: str, *columns: str) -> Promise:
    """Returns the promise that every word of the columns is kept for corrected searches (see `common.near`)."""
    sql = f"""
        SELECT '{table} ' || min(id) AS row, word
        FROM {table}, unnest(spelled_words({" || ' ' || ".join(columns)})) AS spelled (word)
        WHERE NOT EXISTS
            (SELECT FROM common_listword AS known WHERE known.list = '{table}' AND known.word = spelled.word)
        GROUP BY word
    """  # noqa: S608  made of constants
    return Promise(name, text, rows_of(sql), fix=run(add_words(table, table, *columns)))


def check_record(promise: Promise, number: int, *, at: datetime) -> None:
    """Stores the number of violations that a check found, for the metric."""
    CheckedPromise.objects.update_or_create(pk=promise.name, defaults={"violations": number, "checked_at": at})
