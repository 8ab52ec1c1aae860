"""Model fields for text, whose form fields and serializer fields keep the rules of `common.text_rules`.

In migrations they are Django's own fields, because the rules are no part of the column. `hold_lines` of
`common.line_triggers` makes the database keep them. A row from before the rules is saved as long as the field is not
changed: for such rows the form, the serializer and the triggers decide, because only they know what is stored.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import models

from common.form_fields import EmailLineFormField, LineFormField, LongTextFormField, PhoneFormField

if TYPE_CHECKING:  # the classes are generic only in the stubs
    from django.db.models.expressions import Combinable

    Field = models.Field[str | Combinable, str]
    CharField = models.CharField[str | Combinable, str]
    EmailField = models.EmailField[str | Combinable, str]
    TextField = models.TextField[str | Combinable, str]
else:
    from django.db.models import CharField, EmailField, Field, TextField


class TextRules(Field):
    """Applies the rules to new rows, and gives forms the field that applies them to rows that exist."""

    form_class: ClassVar[type[forms.CharField]]

    def deconstruct(self) -> Any:
        name, _path, arguments, options = super().deconstruct()
        django_field = next(kind for kind in type(self).__mro__ if kind.__module__.startswith("django."))
        return name, f"django.db.models.{django_field.__name__}", arguments, options

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        if isinstance(value, str) and (model_instance is None or model_instance._state.adding):
            value = self.form_class(required=False).clean(value)
        return super().clean(value, model_instance)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": self.form_class, **kwargs})


class LineField(TextRules, CharField):
    """A text of one line."""

    form_class = LineFormField


class EmailLineField(TextRules, EmailField):
    """An email address. Django's validator takes any character of a domain, also one that cannot be seen."""

    form_class = EmailLineFormField


class PhoneField(TextRules, CharField):
    """A telephone number, without what people write between its digits."""

    form_class = PhoneFormField


class LongTextField(TextRules, TextField):
    """A text of any number of lines, which end with `\\n`."""

    form_class = LongTextFormField
