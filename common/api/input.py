"""Serializers of bodies and queries, whose fields are built once.

DRF builds the fields again for each request: it runs the constructor of each declared field, and a ModelSerializer
derives the others from its model. That takes longer than checking a body. Here the fields of a class are built once,
and each serializer gets shallow copies that belong to it.
"""

from collections.abc import Collection
from copy import copy
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.utils.serializer_helpers import BindingDict

from common.api.output import is_fixed


def with_kept_fields(serializer: Any, given: Collection[str] | None = None) -> Any:
    """Returns a new serializer, after giving it copies of the fields that were built once for its class.

    A query has few of the parameters that it may have. If their names are `given`, the serializer gets only their
    fields, and those that do something without a value: required ones, and those with a default.
    """
    if not isinstance(serializer, serializers.Serializer) or not may_be_kept(type(serializer)):
        return serializer
    fields = BindingDict(serializer)
    for name, field in built_fields(type(serializer)).items():
        if given is None or name in given or field.required or field.default is not empty:
            fields.fields[name] = own = copy(field)
            own.parent = serializer
    serializer.__dict__["fields"] = fields
    return serializer


@cache
def may_be_kept(serializer_class: Any) -> bool:
    """Returns whether each serializer of the class has the same fields, and no field has fields of its own.

    Those would belong to the copied field, and not to the copy.
    """
    nested = ("child", "child_relation", "fields")
    return is_fixed(serializer_class, ("get_fields",)) and not any(
        hasattr(field, name) for field in built_fields(serializer_class).values() for name in nested
    )


@cache
def built_fields(serializer_class: Any) -> dict[str, Any]:
    return dict(serializer_class().fields)
