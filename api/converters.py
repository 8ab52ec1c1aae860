"""What may stand in a path."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class IdConverter(IntConverter):
    """An id: as many digits as surely fit 64 bits; anything else is no path of ours, so 404."""

    regex = "[0-9]{1,18}"


def register() -> None:
    register_converter(IdConverter, "id")
