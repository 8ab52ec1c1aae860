"""Serializer fields for the pages of scores."""

import re
from typing import Any

from django.utils.formats import get_format, sanitize_separators
from django.utils.translation import gettext_lazy as _

from common.api.fields import NumberField

GROUPED_DIGITS = re.compile(r"\s*[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+\s*\Z")


class LocalizedNumberField(NumberField):
    """A number with the decimal separator of the language, or with a point.

    A number whose point could separate thousands, such as 1.000 in Spanish, is refused.
    """

    default_error_messages = {"invalid": _("Enter one number in digits, as in the example.")}

    def to_internal_value(self, data: Any) -> Any:
        if get_format("DECIMAL_SEPARATOR") != "." and GROUPED_DIGITS.match(str(data)):
            self.fail("invalid")
        return super().to_internal_value(sanitize_separators(data))
