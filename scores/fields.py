"""Numbers as people write them."""

import re
from typing import Any

from django.utils.formats import get_format, sanitize_separators
from django.utils.translation import gettext_lazy as _

from common.api.fields import NumberField

THOUSANDS = re.compile(r"\s*[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+\s*\Z")


class WrittenNumberField(NumberField):
    """A number with the decimal sign of its reader's language; a point is one as well, unless it may group digits."""

    default_error_messages = {"invalid": _("Please write one number in digits, as in the example.")}

    def to_internal_value(self, data: Any) -> Any:
        if get_format("DECIMAL_SEPARATOR") != "." and THOUSANDS.match(str(data)):
            self.fail("invalid")
        return super().to_internal_value(sanitize_separators(data))
