"""Answers as JSON without building the fields of a serializer for each request.

DRF copies the fields of a serializer for each instance, and a ModelSerializer derives them from its model. That takes
longer than reading a row. Here each serializer class is compiled once, into functions that each make one field of all
rows. The class stays the only description of the answer, also for Swagger.

The rows are objects, or tuples as a statement returned them (`common.queries.Rows`), for which no model is built.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from django.db.models import Manager
from django.db.models.fields.files import FileDescriptor
from rest_framework import serializers
from rest_framework.request import Request

from common.queries import Part, Rows

Convert = Callable[[Any], Any]
ConvertAll = Callable[[Sequence[Any]], list[Any]]
Values = Callable[[Sequence[Any]], Iterable[Any]]  # makes one field of all rows
# Classes whose `to_representation` changes nothing that a model holds.
UNCHANGED = {
    serializers.IntegerField.to_representation,
    serializers.CharField.to_representation,
    serializers.BooleanField.to_representation,
}
BASES = (serializers.ModelSerializer, serializers.Serializer)


class NoColumn(Exception):  # noqa: N818  no error
    """A field shows what the tuples of a query do not have."""


def represent(serializer_class: type[Any], row: Any, request: Request | None = None) -> Any:
    """Returns a row as `serializer_class(row).data` does."""
    return represent_all(serializer_class, [row], request)[0]


def represent_all(serializer_class: type[Any], rows: Iterable[Any] | Rows, request: Request | None = None) -> list[Any]:
    """Returns rows as `serializer_class(rows, many=True).data` does. What several rows share is one object."""
    if not is_fixed(serializer_class):
        objects = rows.models if isinstance(rows, Rows) else rows
        found: list[Any] = serializer_class(objects, many=True, context={"request": request}).data
        return found
    serializer = built(serializer_class)  # type: ignore[arg-type]  # a class is hashable
    answers = convert_all(serializer, rows)
    if request is not None:
        for name, field in serializer.fields.items():
            if isinstance(field, serializers.FileField):
                for answer in answers:
                    if answer[name] is not None:
                        answer[name] = request.build_absolute_uri(answer[name])
    return answers


def is_fixed(serializer_class: type[Any], methods: tuple[str, ...] = ("get_fields", "to_representation")) -> bool:
    """Returns whether every answer has the same fields. Others override `get_fields` or `to_representation`."""
    return all(any(getattr(serializer_class, method) is getattr(base, method) for base in BASES) for method in methods)


@cache
def built(serializer_class: Any) -> Any:
    """Returns a serializer of which only the fields are used."""
    return serializer_class()


def convert_all(serializer: Any, rows: Iterable[Any] | Rows) -> list[Any]:
    if not isinstance(rows, Rows):
        return for_objects(serializer)(rows if isinstance(rows, list) else list(rows))
    if rows.query.prefetched:  # which the properties of a model may read
        return for_objects(serializer)(rows.models)
    kept = rows.query.outputs
    if serializer not in kept:
        try:
            kept[serializer] = compile_fields(serializer, rows.query.part)
        except NoColumn:
            kept[serializer] = None
    convert = kept[serializer]
    return convert(rows.tuples) if convert else for_objects(serializer)(rows.models)


@cache
def for_objects(serializer: Any) -> ConvertAll:
    return compile_fields(serializer, None)


def compile_fields(serializer: Any, part: Part | None) -> ConvertAll:
    """Returns a function that makes the answers of many rows, column by column.

    The rows are tuples of which the serializer shows a `part`, or objects. Raises NoColumn if tuples are not enough.
    """
    fields = [field for field in serializer.fields.values() if not field.write_only]
    names = [field.field_name for field in fields]
    columns = [None if part is None else column(field, part) for field in fields]
    of_objects = [None if values else attribute(field) for field, values in zip(fields, columns, strict=True)]

    def convert(rows: Sequence[Any]) -> list[Any]:
        objects = list(map(part.bare_row, rows)) if part is not None and any(of_objects) else rows
        made = [
            of_tuples(rows) if of_tuples else of_object(objects)  # type: ignore[misc]  # one of them is there
            for of_tuples, of_object in zip(columns, of_objects, strict=True)
        ]
        return [dict(zip(names, values, strict=True)) for values in zip(*made, strict=True)]

    return convert


def column(field: Any, part: Part) -> Values | None:
    """Returns a function that makes a field of tuples. Returns None if an object without related rows can make it."""
    if isinstance(field, serializers.Serializer) and field.source in part.related:
        related = part.related[field.source].part
        return shared(lambda row: row, itemgetter(related.key), compile_fields(field, related))
    if field.source == "*":  # such as a method of the serializer
        return None
    *path, name = (f"{field.source}_id" if is_key(field) else field.source).split(".")
    for step in path:
        if step not in part.related:
            raise NoColumn
        part = part.related[step].part
    kept = getattr(part.model, name, None)
    position = part.position(name)
    if position is not None:
        convert = converter(field)
        return converted(itemgetter(position), of_file(kept, convert) if isinstance(kept, FileDescriptor) else convert)
    if path or not isinstance(kept, property):
        raise NoColumn
    return None


def of_file(kept: Any, convert: Any) -> Convert:
    """Returns the conversion of the name of a file, which is empty if there is none. `kept` describes the column."""
    return lambda name: convert(kept.field.attr_class(None, kept.field, name)) if name else None


def attribute(field: Any) -> Values:
    """Returns a function that makes a field of objects."""
    source = str(field.source)
    if isinstance(field, serializers.Serializer) and source != "*":
        # A related row may be missing: then its attribute is None, or raises an AttributeError if it has the key.
        return shared(lambda row: getattr(row, source, None), identity, for_objects(field))
    if source == "*":
        return converted(lambda row: row, converter(field))
    return converted(attrgetter(f"{source}_id" if is_key(field) else source), converter(field))


def converted(get: Convert, convert: Convert | None) -> Values:
    if convert is None:
        return lambda rows: map(get, rows)
    return lambda rows: [value if value is None else convert(value) for value in map(get, rows)]


def shared(get: Convert, key: Convert, convert: ConvertAll) -> Values:
    """Returns a function that converts related rows, each once. The key of a missing one is None."""

    def values(rows: Sequence[Any]) -> Iterable[Any]:
        related = list(map(get, rows))
        keys = list(map(key, related))
        first = dict(zip(keys, related, strict=True))
        first.pop(None, None)
        answers = dict(zip(first, convert(list(first.values())), strict=True))
        return map(answers.get, keys)

    return values


def identity(row: Any) -> int | None:
    return None if row is None else id(row)


def is_key(field: Any) -> bool:
    return isinstance(field, serializers.PrimaryKeyRelatedField)


def converter(field: Any) -> Convert | None:
    """Returns the conversion of a value that is not None; None if there is nothing to convert."""
    if isinstance(field, serializers.ListSerializer):
        return lambda rows: convert_all(field.child, rows.all() if isinstance(rows, Manager) else rows)
    if isinstance(field, serializers.Serializer):
        return lambda row: for_objects(field)([row])[0]
    if is_key(field) or type(field).to_representation in UNCHANGED:
        return None
    convert_value: Convert = field.to_representation
    return convert_value
