"""Keyset pages: a page begins where a row ended, so that page 50,000 costs what page 1 costs."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import models
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _
from rest_framework.utils.urls import remove_query_param, replace_query_param


class RowComparison(models.Func):
    """`(a, b) < (x, y)`: one range of an index over (a, b), however many rows share an a.

    DRF's cursor, and `a <= x AND (a < x OR b < y)`, walk through all the rows that share an a.
    """

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, columns: list[Any], operator: str, values: list[Any]) -> None:
        super().__init__(*columns, *values)
        self.operator = operator

    def as_sql(self, compiler: SQLCompiler, connection: Any, *args: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        parts = [compiler.compile(expression) for expression in self.get_source_expressions()]
        half = len(parts) // 2
        left, right = (", ".join(sql for sql, _ in side) for side in (parts[:half], parts[half:]))
        return f"({left}) {self.operator} ({right})", tuple(value for _, values in parts for value in values)


@dataclass(frozen=True)
class Position:
    """A place in a list: just behind (or, backwards, just before) the row with these keys."""

    forward: bool
    values: list[Any]


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next_cursor: str | None
    previous_cursor: str | None

    def links(self, url: str) -> dict[str, str | None]:
        return {"next": with_cursor(url, self.next_cursor), "previous": with_cursor(url, self.previous_cursor)}


def with_cursor(url: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return replace_query_param(url, "cursor", cursor) if cursor else remove_query_param(url, "cursor")


class Keyset:
    """The order of a list: that of the model (`Meta.ordering`) unless another is given.

    Its columns have no nulls and are unique together; all of them are ascending, or all descending (`-`). A cursor is
    signed for the model and the order, so that only values that were given out come back to the database.
    """

    def __init__(self, model: type[models.Model], *order: str) -> None:
        order = order or tuple(map(str, model._meta.ordering or ()))
        directions = {key.startswith("-") for key in order}
        if len(directions) != 1:
            raise ValueError("A keyset order runs in one direction.")
        self.descending = directions.pop()
        self.keys = [key.removeprefix("-") for key in order]
        self.model = model
        self.salt = f"keyset:{model._meta.label}:{','.join(order)}"

    def position(self, cursor: str) -> Position:
        """The place that a cursor names; ValueError when it is not a cursor of this list."""
        try:
            forward, *values = signing.Signer(salt=self.salt).unsign_object(cursor)
        except signing.BadSignature as error:
            raise ValueError(_("This is not a cursor of this list.")) from error
        return Position(forward, [field.to_python(value) for field, value in zip(self.fields(), values, strict=True)])

    def page(self, rows: models.QuerySet, *, size: int, position: Position | None) -> Page:
        """The rows behind a position, or the first ones, read by one statement."""
        forward = position is None or position.forward
        downwards = self.descending == forward
        if position is not None:
            values = [
                models.Value(value, output_field=field)
                for field, value in zip(self.fields(), position.values, strict=True)
            ]
            columns = [models.F(key) for key in self.keys]
            rows = rows.filter(RowComparison(columns, "<" if downwards else ">", values))
        found = list(rows.order_by(*(f"-{key}" if downwards else key for key in self.keys))[: size + 1])
        page, more = found[:size], len(found) > size
        if not page:  # what was behind the position went away: the way back leads to the beginning
            return Page([], None, None if position is None else "")
        if not forward:
            page.reverse()
        has_next, has_previous = (more, position is not None) if forward else (True, more)
        return Page(
            page,
            self.cursor(page[-1], forward=True) if has_next else None,
            self.cursor(page[0], forward=False) if has_previous else None,
        )

    def cursor(self, row: models.Model, *, forward: bool) -> str:
        values = [field.value_to_string(row) for field in self.fields()]
        return signing.Signer(salt=self.salt).sign_object([forward, *values])

    def fields(self) -> list[Any]:
        return [self.model._meta.get_field(key) for key in self.keys]
