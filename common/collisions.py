"""Finds rows that a unique constraint would refuse, so that people can decide about them before it is added."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.management.base import CommandError
from django.db.migrations import RunPython
from django.db.models import F, QuerySet

from common.text import unique_text

MAX_LISTED = 100  # collisions in one message


def collisions(rows: QuerySet[Any], *keys: Any) -> Iterator[list[Any]]:
    """Yields the primary keys of each group of rows with equal keys, which are expressions or names of columns."""
    named = {f"collision_key_{number}": F(key) if isinstance(key, str) else key for number, key in enumerate(keys)}
    groups = rows.order_by().annotate(**named).values(*named).annotate(collision=ArrayAgg("pk", order_by="pk"))
    yield from groups.filter(collision__len__gt=1).order_by("collision").values_list("collision", flat=True)


class UniqueRule(NamedTuple):
    """What is unique in a model: the columns that people see, and the expression that is compared."""

    app: str
    model: str
    columns: tuple[str, ...]
    key: Any


def unique_text_rule(app: str, model: str, *columns: str) -> UniqueRule:
    return UniqueRule(app, model, columns, unique_text(*columns))


def require_unique_text(app: str, model: str, *columns: str) -> RunPython:
    """Returns an operation that stops the migration, before it changes anything, if texts look alike to a reader."""
    return require_unique(unique_text_rule(app, model, *columns))


def require_unique(*rules: UniqueRule) -> RunPython:
    """Returns an operation that stops the migration, before it changes anything, if rows break one of the rules.

    The message lists every collision. Nothing is merged, renamed or deleted by itself.
    """

    def check(apps: Any, schema_editor: Any) -> None:
        messages = list(collision_messages(apps, *rules))
        if messages:
            raise CommandError("\n".join(messages))

    return RunPython(check, RunPython.noop)


def collision_messages(apps: Any, *rules: UniqueRule) -> Iterator[str]:
    """Yields a message for each rule that rows break. `apps` are those of a migration, or Django's registry."""
    for app, model, columns, key in rules:
        rows = apps.get_model(app, model)._base_manager
        if found := list(collisions(rows.all(), key)):
            yield collision_message(f"{app}.{model}", columns, rows, found)


def collision_message(label: str, columns: tuple[str, ...], rows: Any, found: list[list[Any]]) -> str:
    lines = [
        "; ".join(f"{key} {rows.values_list(*columns).get(pk=key)!r}" for key in keys) for keys in found[:MAX_LISTED]
    ]
    if len(found) > MAX_LISTED:
        lines.append(f"and {len(found) - MAX_LISTED} more")
    return "\n".join(
        [f"These rows of {label} look alike in {' and '.join(columns)}. Change or delete all but one of each:", *lines]
    )
