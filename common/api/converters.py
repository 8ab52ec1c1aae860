"""Path converters."""

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter


class IdConverter(IntConverter):
    """An id of at most 18 digits, which always fits 64 bits. Anything else is not a path of the API: 404."""

    regex = "[0-9]{1,18}"


class ShortSlugConverter(StringConverter):
    """A slug of at most 64 characters. Django's own slug has no limit."""

    regex = "[A-Za-z0-9_-]{1,64}"


def register() -> None:
    register_converter(IdConverter, "id")
    register_converter(ShortSlugConverter, "short_slug")
