"""License plates in their normal form, in which one vehicle has one plate on any keyboard.

Only PostgreSQL makes the normal form, both for the column and for lookups, because its idea of upper case differs from
Python's. Plates of many countries, as they are printed, are in `tests/printed_plates.py`.
"""

import re

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.text_functions import create_function, quoted

MAX_PLATE_LENGTH = 32  # characters, as written
PLATE_FORM = _("A license plate has 1 to 16 letters and digits; spaces, dashes and other separators do not count.")

# Letters that look like a Latin one, in upper case. NFKC and the upper case have made one letter of all other forms.
CYRILLIC, CYRILLIC_AS_LATIN = "АВЕКМНОРСТУХІЈЅԚԜҮӀ", "ABEKMHOPCTYXIJSQWYI"
GREEK, GREEK_AS_LATIN = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧͿ", "ABEZHIKMNOPTYXJ"  # noqa: RUF001
# A Persian keyboard has other code points for two letters that Arabic plates have as well.
PERSIAN, PERSIAN_AS_ARABIC = "\u06a9\u06cc", "\u0643\u064a"
# What is printed between letters and digits: dashes (with the soft hyphen and the minus sign), dots, slashes and bars.
# NFKC has turned narrow, wide and other forms into these. The tatweel only makes an Arabic word longer.
DASHES = r"\u00AD\u058A\u05BE\u1806\u2010-\u2015\u2043\u2212\u2796\u2E3A\u2E3B"
DOTS = r".\u00B7\u2022\u2027\u2219\u22C5\u25A0\u25AA\u25CF\u30FB"
BARS = r"/\\\u2215|_\u0640"
SEPARATORS = f"[[:space:]{DASHES}{DOTS}{BARS}-]+"

PLATE_KEY = create_function(
    "plate_key",
    f"""normalize(translate(upper(ascii_digits(regexp_replace(normalize(value, NFKC), {quoted(SEPARATORS)}, '', 'g'))),
    {quoted(CYRILLIC + GREEK + PERSIAN)}, {quoted(CYRILLIC_AS_LATIN + GREEK_AS_LATIN + PERSIAN_AS_ARABIC)}), NFC)""",
)
DROP_PLATE_KEY = "DROP FUNCTION plate_key(text)"

# What needs no question to PostgreSQL: 1 to 16 ASCII letters and digits, and ASCII separators around them.
PLAIN_PLATE = re.compile(r"[\s./\\|_-]*(?:[A-Z0-9][\s./\\|_-]*){1,16}", re.ASCII | re.IGNORECASE)
PLATE_PATTERN = "^[[:alnum:]]{1,16}$"
IS_PLATE = Q(plate_key__regex=PLATE_PATTERN)


class NormalPlate(models.Func):
    """The normal form of the column `plate`, which only the previous release uses."""

    template = (
        "upper(regexp_replace(normalize(%(expressions)s, NFKC),"
        r" '[[:space:]\u00AD\u058A\u05BE\u1806\u2010-\u2015\u2043\u2212\u2796\u2E3A\u2E3B-]+', '', 'g'))"
    )
    output_field = models.TextField()


class PlateKey(models.Func):
    """The normal form of a plate (`AAA123` for `aaa-123`).

    It has no separators, and its letters are upper case. The script of digits does not matter, nor whether a letter is
    the Latin, Cyrillic or Greek one if these look the same.
    """

    function = "plate_key"
    output_field = models.TextField()


class PlateShape(models.Func):
    """A normal form in which the letters O and I are digits, which people confuse when they read a plate."""

    template = "translate(%(expressions)s, 'OI', '01')"
    output_field = models.TextField()


def is_plate(text: str) -> bool:
    """Returns whether PostgreSQL would accept the text as a license plate. It is only asked if that is not plain."""
    if PLAIN_PLATE.fullmatch(text):
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT plate_key(%s) ~ %s", [text, PLATE_PATTERN])
        return bool(cursor.fetchone()[0])
