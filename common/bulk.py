"""Changes of many rows in one statement."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

LENGTH = re.compile(r"\(.*\)")  # of a type: a cast to varchar(9) would cut off longer text, where a column refuses it


def update_rows(model: type[models.Model], rows: Sequence[Any], names: Iterable[str]) -> None:
    """Stores the named fields of rows that exist, in one statement.

    Django's `bulk_update` writes a CASE for each value: 500 rows with 6 fields take 3 s, and 0.1 s here.
    """
    key: Any = model._meta.pk
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    arrays = ", ".join(f"%s::{LENGTH.sub('', str(field.db_type(connection)))}[]" for field in (key, *fields))
    given = ", ".join(quote(field.column) for field in (key, *fields))
    assigned = ", ".join(f"{quote(field.column)} = given.{quote(field.column)}" for field in fields)
    table = quote(model._meta.db_table)
    sql = (
        f"UPDATE {table} SET {assigned} FROM unnest({arrays}) AS given ({given})"  # noqa: S608
        f" WHERE {table}.{quote(key.column)} = given.{quote(key.column)}"
    )
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows] for field in (key, *fields)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
