"""Serializer fields for text. ModelSerializer chooses them for the fields of `common.fields`."""

from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers
from rest_framework.fields import empty

from common.text_rules import check_accents, check_email, check_line, normal_line, normal_phone, normal_text


class StoredTextField(serializers.CharField):
    """A text in its normal form.

    A value that the row has already stays as it is stored, also if the rules would refuse it now.
    """

    rule: ClassVar[Any]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        self.validators.append(self.rule)

    def normal(self, text: str) -> str:
        raise NotImplementedError

    def stored(self) -> Any:
        """Returns what the row of the serializer has, or None for a new row."""
        row = getattr(self.parent, "instance", None)
        return getattr(row, str(self.source), None) if isinstance(row, models.Model) else None

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, str):
            data = self.normal(data)
            stored = self.stored()
            if stored and data == self.normal(stored):
                return stored
        return super().run_validation(data)


class LineField(StoredTextField):
    """A text of one line."""

    rule = staticmethod(check_line)

    def normal(self, text: str) -> str:
        return normal_line(text)


class EmailField(LineField, serializers.EmailField):
    """An email address."""

    rule = staticmethod(check_email)


class PhoneField(LineField):
    """A telephone number as people write it: digits, with or without a leading +, and signs between them."""

    def normal(self, text: str) -> str:
        return normal_phone(text)


class LongTextField(StoredTextField):
    """A text of any number of lines. Its length is checked after each line end has become one character."""

    rule = staticmethod(check_accents)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"style": {"base_template": "textarea.html"}, **kwargs})

    def normal(self, text: str) -> str:
        return normal_text(text).strip()
