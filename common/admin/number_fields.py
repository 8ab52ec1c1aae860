"""Form fields for numbers, which staff type in their language."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from common.numbers import read_number


class DecimalFormField(forms.DecimalField):
    """A number in a text field. A browser's own field for numbers leaves out a comma, and 20,50 becomes 2050."""

    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "localize": True, "widget": self.widget})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            value = read_number(value)
        return super().to_python(value)


class IntegerFormField(forms.IntegerField):
    """A whole number in a text field."""

    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "localize": True, "widget": self.widget})

    def to_python(self, value: Any) -> int | None:
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        number = read_number(value)
        if number != number.to_integral_value():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(number)
