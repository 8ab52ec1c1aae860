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
from functools import cache, update_wrapper
from inspect import signature
from types import NoneType
from typing import Any, Generic, ParamSpec, TypeVar, cast, get_args, get_type_hints

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from django.http import Http404

from common.queries import Parameter, Query, Rows

Arguments = ParamSpec("Arguments")
Row = TypeVar("Row", bound=models.Model)
FIELDS: dict[Any, Any] = {
    bool: models.BooleanField,
    datetime: models.DateTimeField,
    Decimal: models.DecimalField,
    int: models.BigIntegerField,
    str: models.TextField,
}


def parameter(name: str, kind: Any) -> Parameter:
    """Returns a parameter for values of a Python type."""
    [type_] = {*(get_args(kind) or [kind])} - {NoneType}
    return Parameter(name, FIELDS[type_]())


class compiled(Generic[Arguments, Row]):  # noqa: N801  a decorator
    """Turns a function that returns a queryset into one that returns its rows (see above)."""

    def __init__(self, build: Callable[Arguments, models.QuerySet[Row]]) -> None:
        self.build = build
        self.queries: dict[tuple[Any, ...], Query] = {}
        update_wrapper(self, build)

    def __call__(self, *constants: Arguments.args, **values: Arguments.kwargs) -> list[Row]:
        return cast("list[Row]", self.query(*constants).rows(values))

    def found(self, *constants: Arguments.args, **values: Arguments.kwargs) -> Rows:
        """Returns the rows before they become models, for an answer that needs only their columns."""
        query = self.query(*constants)
        return Rows(query, query.tuples(values))

    def query(self, *constants: Any) -> Query:
        if constants not in self.queries:
            kinds = get_type_hints(self.build)
            names = [part.name for part in signature(self.build).parameters.values() if part.kind is part.KEYWORD_ONLY]
            parameters: dict[str, Any] = {name: parameter(name, kinds[name]) for name in names}
            self.queries[constants] = Query(self.build(*constants, **parameters))
        return self.queries[constants]


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
