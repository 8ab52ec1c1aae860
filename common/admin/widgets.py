"""Widgets of the back office."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Model


def is_key(model: type[Model], text: str) -> bool:
    """Returns whether the text is a valid primary key of the model."""
    try:
        model._meta.pk.run_validators(model._meta.pk.to_python(text))
    except (ValidationError, ValueError, OverflowError):
        return False
    return "\0" not in text


class KeyAutocomplete(AutocompleteSelect):
    """Django's widget, without the values of a request that are no keys: Django would look them up, and fail."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        related = self.field.remote_field.model
        return super().optgroups(name, [key for key in value if is_key(related, str(key))], attrs)
