"""The shapes of bodies in Swagger, made of the serializers: what a response has, and what a request may have.

drf-yasg describes a serializer as one shape, which marks neither what is always in a response nor what may be null in
it.
"""

from functools import cache
from typing import Any

from drf_yasg import openapi
from drf_yasg.inspectors import ReferencingSerializerInspector
from drf_yasg.utils import filter_none
from rest_framework import serializers


class SerializerInspector(ReferencingSerializerInspector):
    """Describes nested objects with their help text, and with null where it may be."""

    def field_to_swagger_object(self, field: Any, swagger_object_type: Any, use_references: bool, **kwargs: Any) -> Any:
        result = super().field_to_swagger_object(field, swagger_object_type, use_references, **kwargs)
        if isinstance(result, openapi.SchemaRef) and (field.allow_null or field.help_text):
            # A reference has no other keys, so it is the only part of a schema that has them.
            about = {"description": field.help_text, "x_nullable": field.allow_null or None}
            return openapi.Schema(type=openapi.TYPE_OBJECT, allOf=[result], **filter_none(about))
        return result

    def process_result(self, result: Any, method_name: str, obj: Any, **kwargs: Any) -> Any:
        """Lets a pattern match the empty value, and adds it to the choices, if the field may be empty."""
        if getattr(obj, "allow_blank", False):
            if getattr(result, "pattern", None):
                result.pattern = f"^$|{result.pattern}"
            if getattr(result, "enum", None) and "" not in result.enum:
                result.enum = ["", *result.enum]
        return result


@cache
def answer_of(serializer_class: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Returns a serializer that describes a response: every field is in it, except for some of `optional_fields`."""
    optional = getattr(getattr(serializer_class, "Meta", None), "optional_fields", [])

    def get_fields(self: serializers.Serializer[Any]) -> dict[str, Any]:
        fields = serializer_class.get_fields(self)
        shown = {name: in_answer(field) for name, field in fields.items() if not field.write_only}
        for name in optional:
            shown[name].required = False
        return shown

    return type(serializer_class.__name__, (serializer_class,), {"get_fields": get_fields})


def in_answer(field: Any) -> Any:
    """Returns a field of a response, and nested serializers as they are in responses."""
    about = {"help_text": field.help_text, "allow_null": field.allow_null, "label": field.label}
    if isinstance(field, serializers.ListSerializer) and isinstance(field.child, serializers.Serializer):
        return answer_of(type(field.child))(many=True, **about)
    if isinstance(field, serializers.Serializer):
        return answer_of(type(field))(**about)
    if isinstance(field, serializers.FileField):
        return serializers.URLField(**about)
    field.required, field.read_only = True, False
    if isinstance(field, serializers.CharField):
        field.allow_blank = True  # what a request must fill in may be empty in a row that is older, or made by staff
    return field


@cache
def body_of(serializer_class: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Returns a serializer that describes a request body, which has no read-only fields."""

    def get_fields(self: serializers.Serializer[Any]) -> dict[str, Any]:
        return {name: field for name, field in serializer_class.get_fields(self).items() if not field.read_only}

    name = f"{serializer_class.__name__.removesuffix('Serializer').removesuffix('Input')}Input"
    return type(name, (serializer_class,), {"get_fields": get_fields, "Meta": body_meta(serializer_class)})


def body_meta(serializer_class: type[serializers.Serializer[Any]]) -> Any:
    """Returns the Meta of a serializer, whose example has only what a request may have."""
    meta = getattr(serializer_class, "Meta", object)
    about = getattr(meta, "swagger_schema_fields", {})
    if not isinstance(about.get("example"), dict):
        return meta
    writable = {name for name, field in serializer_class().fields.items() if not field.read_only}
    example = {name: value for name, value in about["example"].items() if name in writable}
    return type("Meta", (meta,), {"swagger_schema_fields": {**about, "example": example}})


@cache
def partial_of(serializer_class: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Returns a serializer with the same fields, none of them required."""

    def get_fields(self: serializers.Serializer[Any]) -> dict[str, Any]:
        fields = serializer_class.get_fields(self)
        for field in fields.values():
            field.required = False
        return fields

    return type(f"Partial{serializer_class.__name__}", (serializer_class,), {"get_fields": get_fields})


def described(answer: Any) -> Any:
    """Returns the description of a response body: of a serializer class, or one that is described already."""
    if isinstance(answer, openapi.Response) and isinstance(answer.get("schema"), type):
        return openapi.Response(answer["description"], answer_of(answer["schema"]), examples=answer.get("examples"))
    return answer_of(answer) if isinstance(answer, type) else answer or ""
