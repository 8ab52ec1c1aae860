"""Answers as JSON without building the fields of a serializer for each request.

DRF copies the fields of a serializer for each instance, and a ModelSerializer derives them from its model. That takes
longer than reading a row. Here each serializer class is compiled once, into a list of getters and conversions. The
class stays the only description of the answer, also for Swagger.
"""

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from typing import Any

from django.db.models import Manager
from rest_framework import serializers
from rest_framework.request import Request

Convert = Callable[[Any], Any]
# Classes whose `to_representation` changes nothing that a model holds.
UNCHANGED = {
    serializers.IntegerField.to_representation,
    serializers.CharField.to_representation,
    serializers.BooleanField.to_representation,
}
BASES = (serializers.ModelSerializer, serializers.Serializer)


def represent(serializer_class: type[Any], row: Any, request: Request | None = None) -> Any:
    """Returns a row as `serializer_class(row).data` does."""
    return represent_all(serializer_class, [row], request)[0]


def represent_all(serializer_class: type[Any], rows: Iterable[Any], request: Request | None = None) -> list[Any]:
    """Returns rows as `serializer_class(rows, many=True).data` does."""
    if not is_fixed(serializer_class):
        found: list[Any] = serializer_class(rows, many=True, context={"request": request}).data
        return found
    convert, files = compiled(serializer_class)  # type: ignore[arg-type]  # a class is hashable
    answers = [convert(row) for row in rows]
    if request is not None:
        for answer in answers:
            for name in files:
                if answer[name] is not None:
                    answer[name] = request.build_absolute_uri(answer[name])
    return answers


def is_fixed(serializer_class: type[Any], methods: tuple[str, ...] = ("get_fields", "to_representation")) -> bool:
    """Returns whether every answer has the same fields. Others override `get_fields` or `to_representation`."""
    return all(any(getattr(serializer_class, method) is getattr(base, method) for base in BASES) for method in methods)


@cache
def compiled(serializer_class: Any) -> tuple[Convert, list[str]]:
    """Returns a function from a row to its answer, and the fields that are URLs of files."""
    serializer = serializer_class()
    files = [name for name, field in serializer.fields.items() if isinstance(field, serializers.FileField)]
    return compile_fields(serializer), files


def compile_fields(serializer: Any) -> Convert:
    readable = [field for field in serializer.fields.values() if not field.write_only]
    parts = [(field.field_name, getter(field), converter(field)) for field in readable]

    def convert(row: Any) -> dict[str, Any]:
        answer = {}
        for name, get, change in parts:
            value = get(row)
            answer[name] = value if value is None or change is None else change(value)
        return answer

    return convert


def getter(field: Any) -> Convert:
    if field.source == "*":
        return lambda row: row
    if isinstance(field, serializers.PrimaryKeyRelatedField):
        return attrgetter(f"{field.source}_id")
    return attrgetter(field.source)


def converter(field: Any) -> Convert | None:
    """Returns the conversion of a value that is not None; None if there is nothing to convert."""
    if isinstance(field, serializers.ListSerializer):
        convert = converter(field.child) or (lambda value: value)
        return lambda rows: [convert(row) for row in (rows.all() if isinstance(rows, Manager) else rows)]
    if isinstance(field, serializers.Serializer):
        return compile_fields(field)
    if isinstance(field, serializers.PrimaryKeyRelatedField) or type(field).to_representation in UNCHANGED:
        return None
    convert_value: Convert = field.to_representation
    return convert_value
