"""Keeps two members of staff from overwriting each other's changes in the back office.

The page of a row carries a fingerprint of each value that its form shows. If a value has changed in the database by the
time the form is sent, the form is shown again, with the new value next to what was entered. Saving once more decides.
"""

import hashlib
import json
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FINGERPRINTS = "_fingerprints"  # the name of the hidden input
FINGERPRINT_LENGTH = 16  # hexadecimal digits
EMPTY = gettext_lazy("(empty)")


class EditGuard(forms.ModelForm):
    """A mixin for the form of an existing row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Now, because validation writes the entered values to the instance.
        shown = forms.model_to_dict(self.instance, fields=list(self.fields))
        self.fingerprints = {name: fingerprint(value) for name, value in shown.items()}

    def fingerprints_json(self) -> str:
        """Returns the value of the hidden input."""
        return json.dumps(self.fingerprints)

    def clean(self) -> Any:
        cleaned = super().clean()
        for name in changed_since(self.data.get(FINGERPRINTS, ""), self.fingerprints):
            message = _("This has changed to “%(value)s” since you opened this page. Save again to overwrite it.")
            self.add_error(name, message % {"value": value_text(self.instance, name)})
        return cleaned


def guarded(form_class: type[forms.ModelForm]) -> type[forms.ModelForm]:
    """Returns a form class that refuses to overwrite what has changed since the page was opened."""
    return type(form_class.__name__, (EditGuard, form_class), {})


def fingerprint(value: Any) -> str:
    value = sorted(row.pk for row in value) if isinstance(value, list) else value  # the rows of a relation
    return hashlib.sha256(str(value).encode()).hexdigest()[:FINGERPRINT_LENGTH]


def changed_since(sent: str, fingerprints: dict[str, str]) -> list[str]:
    """Returns the names of the fields whose fingerprint is not the one that was sent."""
    try:
        before = json.loads(sent)
    except ValueError:
        return []
    if not isinstance(before, dict):
        return []
    return [name for name, now in fingerprints.items() if name in before and before[name] != now]


def value_text(row: models.Model, name: str) -> str:
    """Returns a value for people, such as the label of a choice and the names of related rows."""
    field = row._meta.get_field(name)
    if isinstance(field, models.ManyToManyField):
        return ", ".join(str(related) for related in getattr(row, name).all()) or str(EMPTY)
    choice = getattr(row, f"get_{name}_display", None)
    value = choice() if choice else getattr(row, name)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(EMPTY) if value in (None, "") else str(value)
