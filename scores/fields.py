"""Serializer fields for the pages of scores."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.api.fields import NumberField
from common.numbers import read_number


class LocalizedNumberField(NumberField):
    """A number as a resident types it (see `common.numbers`)."""

    default_error_messages = {"invalid": _("Enter one number in digits, as in the example.")}

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(read_number(str(data)))
        except ValidationError:
            self.fail("invalid")
