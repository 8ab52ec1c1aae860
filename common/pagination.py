"""Keyset pagination: a page begins after a given row, so that page 50,000 costs as much as page 1."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import models
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _
from rest_framework.utils.urls import remove_query_param, replace_query_param

from common.queries import Parameter, Query, Rows, kept_query


class RowComparison(models.Func):
    """`(a, b) <= (x, y)`, which reads one range of an index over (a, b), even if many rows have the same `a`.

    DRF's cursor, and `a <= x AND (a < x OR b < y)`, read all the rows with the same `a`.
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


class RowsBeyond(RowComparison):
    """A comparison without the row at (x, y) itself."""

    def as_sql(self, compiler: SQLCompiler, connection: Any, *args: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        sql, values = super().as_sql(compiler, connection, *args, **extra)
        return f"({sql} AND {sql.replace(f' {self.operator} ', ' <> ')})", (*values, *values)


@dataclass(frozen=True)
class Position:
    """A place in a list: right after the row with these keys, or right before it if not `forward`."""

    forward: bool
    values: list[Any]


@dataclass(frozen=True)
class Page:
    found: Rows
    next_cursor: str | None
    previous_cursor: str | None

    @property
    def rows(self) -> list[Any]:
        """The rows as models."""
        return self.found.models

    def links(self, url: str) -> dict[str, str | None]:
        return {"next": with_cursor(url, self.next_cursor), "previous": with_cursor(url, self.previous_cursor)}


def with_cursor(url: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return replace_query_param(url, "cursor", cursor) if cursor else remove_query_param(url, "cursor")


Cut = Callable[[models.QuerySet[Any], int], models.QuerySet[Any]]


class Keyset:
    """The order of a list: the model's `Meta.ordering`, unless another order is given.

    Its columns are not null and unique together. All are ascending, or all are descending (`-`). A cursor is signed for
    the model and the order, so that clients cannot pass values of their own to the database.
    """

    def __init__(self, model: type[models.Model], *order: str) -> None:
        order = order or tuple(map(str, model._meta.ordering or ()))
        directions = {key.startswith("-") for key in order}
        if len(directions) != 1:
            raise ValueError("The columns of a keyset must be all ascending or all descending.")
        self.descending = directions.pop()
        self.keys = [key.removeprefix("-") for key in order]
        self.model = model
        self.salt = f"keyset:{model._meta.label}:{','.join(order)}"

    def position(self, cursor: str) -> Position:
        """Returns the position of a cursor. Raises ValueError if it is not a cursor of this list."""
        try:
            forward, *values = signing.Signer(salt=self.salt).unsign_object(cursor)
        except signing.BadSignature as error:
            raise ValueError(_("This cursor does not belong to this list.")) from error
        return Position(forward, [field.to_python(value) for field, value in zip(self.fields(), values, strict=True)])

    def page(
        self,
        rows: models.QuerySet[Any],
        *,
        size: int,
        position: Position | None,
        cut: Cut | None = None,
        values: dict[str, Any] | None = None,
    ) -> Page:
        """Returns the page at a position, or the first page, with one query, and one for each prefetched relation.

        `values` are those of the parameters in `rows` (common.queries). A search cuts the page in another way
        (`common.search.first_matches`).

        The page is cut from its own table, so that its rows come from one range of an index; hence lists use
        `prefetch_related`. With a join, PostgreSQL may join the whole table first and sort it.
        """
        if rows.query.select_related:
            raise TypeError("A list joins no other table: use prefetch_related instead of select_related.")
        forward, at = (True, None) if position is None else (position.forward, position.values)
        if cut is None:
            keys = {f"key_{number}": value for number, value in enumerate(at or ())}
            query = self.page_query(rows, size + 1, forward, is_first=at is None)
            found = query.tuples({**(values or {}), **keys})
        else:
            fields = self.fields() if at else []
            bounds = [models.Value(value, output_field=field) for value, field in zip(at or [], fields, strict=True)]
            query = Query(cut(self.ordered(rows, bounds, forward), size + 1))
            found = query.tuples({})
        page, more = found[:size], len(found) > size
        if not page:  # the rows after the position were deleted: `previous` is the first page
            return Page(Rows(query, []), None, None if position is None else "")
        if not forward:
            page.reverse()
        has_next, has_previous = (more, position is not None) if forward else (True, more)
        return Page(
            Rows(query, page),
            self.cursor(query.part.bare_row(page[-1]), forward=True) if has_next else None,
            self.cursor(query.part.bare_row(page[0]), forward=False) if has_previous else None,
        )

    def page_query(self, rows: models.QuerySet[Any], number: int, forward: bool, *, is_first: bool) -> Query:
        """Returns the statement of a page, whose bounds are parameters."""

        def build() -> models.QuerySet[Any]:
            parameters = [Parameter(f"key_{position}", field) for position, field in enumerate(self.fields())]
            return self.ordered(rows, [] if is_first else parameters, forward)[:number]

        return kept_query(rows, (self.salt, number, forward, is_first), build)

    def ordered(
        self, rows: models.QuerySet[Any], bounds: Sequence[models.Value], forward: bool
    ) -> models.QuerySet[Any]:
        """Returns the rows after the one with these keys, if any, in the order of the list or against it."""
        is_descending = self.descending == forward
        if bounds:
            columns = [models.F(key) for key in self.keys]
            # PostgreSQL estimates a row comparison by its first column. Among a million rows with the same value, it
            # expects none for `<`, and sorts what it finds instead of reading an index in order (2 s). For `<=` it
            # expects all of them; the row at the position itself is excluded.
            rows = rows.filter(RowsBeyond(columns, "<=" if is_descending else ">=", list(bounds)))
        return rows.order_by(*(f"-{key}" if is_descending else key for key in self.keys))

    def cursor(self, row: models.Model, *, forward: bool) -> str:
        values = [field.value_to_string(row) for field in self.fields()]
        return signing.Signer(salt=self.salt).sign_object([forward, *values])

    def fields(self) -> list[Any]:
        return [self.model._meta.get_field(key) for key in self.keys]
