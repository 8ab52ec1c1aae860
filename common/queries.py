"""The statement of a queryset, which is compiled once and executed many times, and its rows as tuples and as models."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable
from django.db.transaction import TransactionManagementError


class Parameter(models.Value):
    """Stands for a value that is known when the statement is executed."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(None, output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


def value_or_parameter(value: Any, field: "models.Field[Any, Any]") -> models.Value:
    """Returns an expression for a value, in a function that `common.statements.compiled` may call as well."""
    return value if isinstance(value, Parameter) else models.Value(value, output_field=field)


@dataclass
class Part:
    """The columns of one model in a row of a statement: those of the row itself, or those of a related row.

    `names` are the attributes of the columns from `start` on. `annotations` have their positions.
    """

    model: type[models.Model]
    names: list[str]
    start: int
    related: dict[str, "Relation"] = field(default_factory=dict)
    annotations: dict[str, int] = field(default_factory=dict)

    def position(self, name: str) -> int | None:
        """Returns the position of the column of an attribute, or None if there is none."""
        if name == "pk":
            name = self.model._meta.pk.attname
        return self.start + self.names.index(name) if name in self.names else self.annotations.get(name)

    @cached_property
    def key(self) -> int:
        return self.start + self.names.index(self.model._meta.pk.attname)

    def bare_row(self, columns: Sequence[Any]) -> Any:
        """Returns a model that only has its columns: for its properties, in half the time. It cannot be saved."""
        row = self.model.__new__(self.model)
        row.__dict__.update(zip(self.names, columns[self.start :], strict=False))
        for name, position in self.annotations.items():
            row.__dict__[name] = columns[position]
        return row

    def row(self, columns: Sequence[Any], known: dict[Any, Any]) -> Any:
        """Returns a model with its related rows. `known` has the related rows so far, so that they are shared."""
        row = with_state(self.bare_row(columns))
        for name, relation in self.related.items():
            part = relation.part
            key = name, part.start, columns[part.key]
            related = known.get(key)
            if related is None and columns[part.key] is not None:
                related = known[key] = part.row(columns, known)
            relation.set_related(row, related)
            if related is not None:
                relation.set_row(related, row)
        return row


@dataclass
class Relation:
    """A related row in a row, with the functions that make each known to the other as an attribute."""

    part: Part
    set_related: Callable[[Any, Any], None]
    set_row: Callable[[Any, Any], None]


def selected_part(info: dict[str, Any], selected: Sequence[Any], start: int) -> Part:
    """Returns the part that Django's compiler describes in `klass_info`, in a row whose columns begin at `start`."""
    columns = info["select_fields"]
    part = Part(info["model"], [selected[column][0].target.attname for column in columns], start + columns[0])
    for inner in info.get("related_klass_infos", ()):
        key = inner["field"]
        name = key.remote_field.get_accessor_name() if inner["reverse"] else key.name
        inner_part = selected_part(inner, selected, start)
        part.related[name] = Relation(inner_part, inner["local_setter"], inner["remote_setter"])
    return part


class Query:
    """A statement, and what turns its rows into models as `django.db.models.query.ModelIterable` does.

    A row is a tuple of its columns, those of joined rows, and those of the rows that a foreign key in
    `prefetch_related` finds. A related row that several rows refer to becomes one model, also with `select_related`.
    """

    def __init__(self, queryset: models.QuerySet[Any], start: int = 0) -> None:
        """`start` is the position at which the columns begin in the rows of another query."""
        parts: Any = queryset
        if parts._iterable_class is not ModelIterable or parts._known_related_objects:
            raise TypeError("Only the rows of a manager or of a queryset can be compiled.")
        self.is_locking = queryset.query.select_for_update
        self.outputs: dict[Any, Any] = {}  # of common.api.output
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            self.sql, parameters = compiler.as_sql()
        except EmptyResultSet:  # such as after `none()`
            self.sql = ""
            compiler.setup_query()
            parameters = ()
        self.parameters = list(parameters)
        expressions = [expression for expression, _, _ in compiler.select]
        self.converters = [
            (position, converters, expression)
            for position, (converters, expression) in compiler.get_converters(expressions).items()
        ]
        self.part = selected_part(compiler.klass_info, compiler.select, start)
        annotations = compiler.annotation_col_map or {}
        self.part.annotations = {name: start + position for name, position in annotations.items()}
        self.start, self.width = start, len(expressions)
        self.prefetched = []
        self.keys: list[tuple[int, Query]] = []
        for lookup in parts._prefetch_related_lookups:
            related = related_query(queryset.model, lookup, start + self.width)
            if related is None:
                self.prefetched.append(lookup)
                continue
            key, query = related
            self.keys.append((self.part.names.index(key.attname) + self.part.start - start, query))
            self.part.related[key.name] = Relation(query.part, key.set_cached_value, lambda related, row: None)
            self.width += query.width

    def rows(self, values: dict[str, Any]) -> list[Any]:
        """Returns the rows as models."""
        return self.models(self.tuples(values))

    def tuples(self, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Returns the rows as tuples, by one statement, and one for each prefetched foreign key."""
        if not self.sql:
            return []
        if self.is_locking and connection.get_autocommit():  # as Django does when it compiles a queryset
            raise TransactionManagementError("Rows are locked in a transaction.")
        given = [values[part.name] if isinstance(part, Parameter) else part for part in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        if self.converters:
            found = list(map(self.converted, found))
        for position, query in self.keys:
            found = query.added_to(found, position)
        return found

    def converted(self, columns: Sequence[Any]) -> tuple[Any, ...]:
        changed = list(columns)
        for position, converters, expression in self.converters:
            for convert in converters:
                changed[position] = convert(changed[position], expression, connection)
        return tuple(changed)

    def added_to(self, rows: list[tuple[Any, ...]], position: int) -> list[tuple[Any, ...]]:
        """Returns rows of another query with the related rows, whose keys they have at a position."""
        keys = {row[position] for row in rows} - {None}
        own_key = self.part.key - self.start
        found = {row[own_key]: row for row in self.tuples({"keys": list(keys)})} if keys else {}
        nothing = (None,) * self.width
        return [row + found.get(row[position], nothing) for row in rows]

    def models(self, tuples: Sequence[tuple[Any, ...]]) -> list[Any]:
        known: dict[Any, Any] = {}
        rows = [self.part.row(columns, known) for columns in tuples]
        if self.prefetched:
            models.prefetch_related_objects(rows, *self.prefetched)
        return rows


@dataclass(frozen=True)
class Rows:
    """The rows that a query found. They become models only where these are used: an answer needs none."""

    query: Query = field(compare=False)
    tuples: list[tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.tuples)

    @cached_property
    def models(self) -> list[Any]:
        return self.query.models(self.tuples)

    def column(self, name: str) -> list[Any]:
        """Returns the values of an attribute that is a column."""
        position = self.query.part.position(name)
        if position is None:
            raise AttributeError(name)
        return [columns[position] for columns in self.tuples]


kept_queries: WeakKeyDictionary[models.QuerySet[Any], dict[Hashable, Query]] = WeakKeyDictionary()


def kept_query(rows: models.QuerySet[Any], kind: Hashable, build: Callable[[], models.QuerySet[Any]]) -> Query:
    """Returns the query that `build` makes of `rows`, and keeps it by its kind, for as long as `rows` lives.

    The queryset of a class is never deleted, so that its query is compiled once.
    """
    kept = kept_queries.setdefault(rows, {})
    if kind not in kept:
        kept[kind] = Query(build())
    return kept[kind]


def new_row(model: type[models.Model], names: Sequence[str], values: Sequence[Any]) -> Any:
    """Returns a row as `Model.from_db` does, in a third of the time: it calls no constructor and sends no signals."""
    row = model.__new__(model)
    row.__dict__.update(zip(names, values, strict=True))
    return with_state(row)


def with_state(row: Any) -> Any:
    row._state = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    return row


class IsAny(models.Func):
    """`column = ANY(list)`, which is the same statement for any number of values."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field = models.BooleanField()


def related_query(
    model: type[models.Model], lookup: Any, start: int
) -> tuple[models.ForeignKey[Any, Any], Query] | None:
    """Returns the foreign key that a lookup of `prefetch_related` follows, and the query of its rows.

    Returns None for other relations, which are left to Django. It would compile the query of a foreign key each time.
    """
    name, rows = (lookup.prefetch_through, lookup.queryset) if isinstance(lookup, models.Prefetch) else (lookup, None)
    key = next((key for key in model._meta.concrete_fields if key.name == name), None)
    is_renamed = isinstance(lookup, models.Prefetch) and lookup.prefetch_to != name
    if not isinstance(key, models.ForeignKey) or is_renamed or not key.target_field.primary_key:
        return None
    related: models.QuerySet[Any] = key.related_model._base_manager.all() if rows is None else rows
    return key, Query(related.order_by().filter(IsAny("pk", Parameter("keys", models.JSONField()))), start)
