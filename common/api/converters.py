"""What may stand in a path."""

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter


class IdConverter(IntConverter):
    """An id: as many digits as surely fit 64 bits; anything else is no path of ours, so 404."""

    regex = "[0-9]{1,18}"


class ShortSlugConverter(StringConverter):
    """An id in letters; Django's own slug may be of any length."""

    regex = "[A-Za-z0-9_-]{1,64}"


def register() -> None:
    register_converter(IdConverter, "id")
    register_converter(ShortSlugConverter, "short_slug")
