"""International Standard Book Numbers (ISO 2108), as people write them and as they are stored.

All books have an ISBN of 13 digits. One of 10 digits, as printed before 2007, is the same number: without its own
check digit, after 978, and with the check digit of 13.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.text_rules import SPACES, normal_line

MAX_TYPED_ISBN = 40  # characters, with what people write between the digits
SEPARATORS = re.compile(rf"[{SPACES}\u2010-\u2015\u2212-]")
ISBN_13 = re.compile(r"97[89][0-9]{10}\Z")
ISBN_10 = re.compile(r"[0-9]{9}[0-9X]\Z")
TEN = {"X": 10}  # the check digit of an ISBN of 10 digits is from 0 to 10

INVALID_ISBN = _("This is not an ISBN. Check its 10 or 13 digits.")


def normal_isbn(text: str) -> str:
    """Returns the 13 digits of an ISBN: `0-14-143951-3` is 9780141439518. Other text is not checked."""
    if len(text) > MAX_TYPED_ISBN:
        return text
    line = SEPARATORS.sub("", unicodedata.normalize("NFKC", normal_line(text))).upper()
    digits = "".join(str(unicodedata.decimal(sign, sign)) for sign in line)
    if not ISBN_10.match(digits) or weighted_sum(digits, range(10, 0, -1)) % 11:
        return digits
    return with_check_digit(f"978{digits[:9]}")


def with_check_digit(digits: str) -> str:
    """Returns the ISBN that begins with these 12 digits."""
    return f"{digits}{-weighted_sum(digits, (1, 3) * 6) % 10}"


def check_isbn(isbn: str) -> None:
    """Raises ValidationError for what is not an ISBN in its normal form. An empty text passes."""
    if isbn and (not ISBN_13.match(isbn) or weighted_sum(isbn, (*(1, 3) * 6, 1)) % 10):
        raise ValidationError(INVALID_ISBN, code="isbn")


def weighted_sum(digits: str, weights: "range | tuple[int, ...]") -> int:
    return sum(weight * (TEN.get(digit) or int(digit)) for digit, weight in zip(digits, weights, strict=True))


def isbn_or_text(text: str) -> str:
    """Returns an ISBN in its normal form, and other text as it is, to search for it."""
    isbn = normal_isbn(text)
    try:
        check_isbn(isbn)
    except ValidationError:
        return text
    return isbn or text


def written_isbn(isbn: str | None) -> str:
    """Returns an ISBN with the hyphen after its prefix, which keeps spreadsheets from taking it for a number."""
    return f"{isbn[:3]}-{isbn[3:]}" if isbn else ""
