"""The model field of an ISBN, and its form field."""

from typing import Any

from django import forms

from books.isbn import MAX_TYPED_ISBN, check_isbn, normal_isbn
from common.fields import CharField, TextRules
from common.form_fields import StoredTextField


class IsbnFormField(StoredTextField):
    """An ISBN as people write it. The input takes more characters than the number that is stored."""

    default_validators = [check_isbn]

    def normal(self, text: str) -> str:
        return normal_isbn(text)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"maxlength": MAX_TYPED_ISBN}


class IsbnField(TextRules, CharField):
    """The 13 digits of an ISBN, or None."""

    form_class = IsbnFormField
