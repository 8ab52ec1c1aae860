"""Numbers as people type them, in the language of the reader.

Django's own fields read "20,50" in English as 2,050, and "1.234,5" in Spanish as 1.234.
"""

import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _

NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:[.,][0-9]{1,30})?\Z")
GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}\Z")  # the separator may be that of thousands
EXAMPLE = Decimal("20.50")


def read_number(text: str) -> Decimal:
    """Returns the number that a text means in the current language.

    Its decimals follow the separator of the language, or a point that cannot separate thousands. Raises ValidationError
    for anything else: separators of thousands differ by language, and a wrong guess is wrong by a factor of 1,000.
    """
    text = text.strip().replace("\u2212", "-")
    separator = str(get_format("DECIMAL_SEPARATOR"))
    has_other_point = separator != "." and "." in text and not GROUPED.match(text)
    if NUMBER.match(text) and (separator in text or has_other_point or not {".", ","} & {*text}):
        return Decimal(text.replace(",", "."))
    message = _("Enter a number such as %(example)s, without a separator of thousands.")
    raise ValidationError(message, code="invalid", params={"example": number_format(EXAMPLE)})
