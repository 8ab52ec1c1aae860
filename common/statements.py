"""Statements that are compiled once. Django builds the SQL of a query each time, which takes longer than running it.

A compiled query is an ordinary queryset. Its function is called once, with parameters in place of values:

    @compiled
    def questions_by_id(*, question_id: int) -> QuerySet[Question]:
        return Question.objects.filter(pk=question_id).select_related("author")

    [question] = questions_by_id(question_id=7)

Positional arguments belong to the SQL, which is compiled once for each of them. Keyword arguments are values, so the
function must not look at them, only pass them on.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, wraps
from inspect import signature
from types import NoneType
from typing import Any, ParamSpec, TypeVar, cast, get_args, get_type_hints

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from django.db.models.query import get_related_populators
from django.http import Http404

Arguments = ParamSpec("Arguments")
Row = TypeVar("Row", bound=models.Model)
FIELDS: dict[Any, Any] = {
    bool: models.BooleanField,
    datetime: models.DateTimeField,
    Decimal: models.DecimalField,
    int: models.BigIntegerField,
    str: models.TextField,
}


class Parameter(models.Value):
    """Stands for a value that is known when the statement is executed."""

    def __init__(self, name: str, kind: Any) -> None:
        [type_] = {*(get_args(kind) or [kind])} - {NoneType}
        super().__init__(None, output_field=FIELDS[type_]())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


def compiled(build: Callable[Arguments, models.QuerySet[Row]]) -> Callable[Arguments, list[Row]]:
    """Turns a function that returns a queryset into one that returns its rows (see above)."""

    @cache
    def query(*constants: Any) -> Query:
        kinds = get_type_hints(build)
        names = [part.name for part in signature(build).parameters.values() if part.kind is part.KEYWORD_ONLY]
        parameters: dict[str, Any] = {name: Parameter(name, kinds[name]) for name in names}
        return Query(build(*constants, **parameters))

    @wraps(build)
    def rows(*constants: Arguments.args, **values: Arguments.kwargs) -> list[Row]:
        return cast("list[Row]", query(*constants).rows(values))

    return rows


class Query:
    """The SQL of a queryset, and what turns its rows into models, as `django.db.models.query.ModelIterable` does."""

    def __init__(self, queryset: models.QuerySet[Any]) -> None:
        self.prefetched = queryset._prefetch_related_lookups  # type: ignore[attr-defined]
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, parameters = compiler.as_sql()
        self.parameters = list(parameters)
        expressions = [expression for expression, _, _ in compiler.select[: compiler.col_count]]
        self.converters = [
            (position, converters, expression)
            for position, (converters, expression) in compiler.get_converters(expressions).items()
        ]
        info = compiler.klass_info
        self.model = info["model"]
        columns = info["select_fields"]
        self.columns = slice(columns[0], columns[-1] + 1)
        self.names = [compiler.select[column][0].target.attname for column in columns]
        self.related = get_related_populators(info, compiler.select, connection.alias)  # type: ignore[call-arg]  # of Django 6
        self.annotations = compiler.annotation_col_map or {}

    def rows(self, values: dict[str, Any]) -> list[Any]:
        given = [values[part.name] if isinstance(part, Parameter) else part for part in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            found = [self.row(list(columns)) for columns in cursor.fetchall()]
        if self.prefetched:
            models.prefetch_related_objects(found, *self.prefetched)
        return found

    def row(self, columns: list[Any]) -> Any:
        for position, converters, expression in self.converters:
            for convert in converters:
                columns[position] = convert(columns[position], expression, connection)
        row = self.model.from_db(connection.alias, self.names, columns[self.columns])
        for populator in self.related:
            populator.populate(columns, row)
        for name, position in self.annotations.items():
            setattr(row, name, columns[position])
        return row


def first_or_404(rows: Sequence[Row]) -> Row:
    """Returns the first row. Raises Http404 if there is none."""
    if not rows:
        raise Http404
    return rows[0]


def expression_sql(model: type[models.Model], expression: Any) -> str:
    """Returns an expression without parameters as SQL that names the columns of the model's table."""
    query = model._base_manager.all().query
    compiler = query.get_compiler(connection=connection)
    sql, parameters = compiler.compile(expression.resolve_expression(query))
    return str(sql % tuple(parameters))


def insert(row: Row) -> Row:
    """Inserts a new row by one plain statement, and returns it with its key.

    Unlike `Model.save`, it sends no signals, and begins no transaction for a model without parents.
    """
    values = {}
    for field in row._meta.concrete_fields:
        value = field.pre_save(row, add=True)
        if field.generated or isinstance(value, DatabaseDefault) or (field.primary_key and value is None):
            continue
        values[field.column] = field.get_db_prep_save(value, connection)
    with connection.cursor() as cursor:
        cursor.execute(insertion(type(row), tuple(values)), list(values.values()))
        [(row.pk,)] = cursor.fetchall()
    row._state.adding, row._state.db = False, connection.alias
    return row


@cache
def insertion(model: type[models.Model], columns: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    named, places = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    return f"INSERT INTO {table} ({named}) VALUES ({places}) RETURNING {key}"  # noqa: S608
