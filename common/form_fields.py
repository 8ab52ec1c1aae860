"""Form fields for text. A value that was not changed stays as it is stored, also if the rules would refuse it now."""

from typing import Any

from django import forms

from common.text_rules import check_accents, check_email, check_line, normal_line, normal_phone, normal_text

MAX_TYPED_PHONE = 40  # characters


class StoredTextField(forms.CharField):
    """A text in its normal form, or as the form was given it if it was not changed."""

    stored: Any = None

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        self.stored = form.get_initial_for_field(self, field_name)  # each form has its own copies of its fields
        return super().get_bound_field(form, field_name)

    def normal(self, text: str) -> str:
        raise NotImplementedError

    def to_python(self, value: Any) -> str | None:
        return self.normal("" if value in self.empty_values else str(value)) or self.empty_value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.to_python(initial), data)

    def clean(self, value: Any) -> Any:
        if self.stored and self.to_python(value) == self.to_python(self.stored):
            return self.stored
        return super().clean(value)


class LineFormField(StoredTextField):
    """A text of one line."""

    default_validators = [check_line]

    def normal(self, text: str) -> str:
        return normal_line(text)


class EmailLineFormField(LineFormField, forms.EmailField):
    """An email address."""

    default_validators = [*forms.EmailField.default_validators, check_email]


class PhoneFormField(LineFormField):
    """A telephone number as people write it. The input takes more characters than the number that is stored."""

    def normal(self, text: str) -> str:
        return normal_phone(text)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"maxlength": MAX_TYPED_PHONE, "type": "tel"}


class LongTextFormField(StoredTextField):
    """A text of any number of lines. Its length is checked after each line end has become one character."""

    default_validators = [check_accents]

    def normal(self, text: str) -> str:
        return normal_text(text).strip()
