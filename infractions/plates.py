"""License plates in their normal form, regardless of case, spaces, dashes and width of characters.

Only PostgreSQL makes the normal form, both for the column and for lookups, because its idea of upper case differs from
Python's.
"""

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

MAX_PLATE_LENGTH = 32  # characters, as written
PLATE_FORM = _("A license plate has 1 to 16 letters and digits; spaces and dashes do not count.")

IS_PLATE = Q(plate__regex="^[[:alnum:]]{1,16}$")


class NormalPlate(models.Func):
    """The normal form of a plate: NFKC, without spaces and dashes, in upper case (`AAA123` for `aaa-123`)."""

    # The dashes are those that NFKC leaves in place, including the soft hyphen and the minus sign.
    template = (
        "upper(regexp_replace(normalize(%(expressions)s, NFKC),"
        r" '[[:space:]\u00AD\u058A\u05BE\u1806\u2010-\u2015\u2043\u2212\u2796\u2E3A\u2E3B-]+', '', 'g'))"
    )
    output_field = models.TextField()


def is_plate(text: str) -> bool:
    """Returns whether PostgreSQL would accept the text as a license plate."""
    return IS_PLATE.check({"plate": NormalPlate(Value(text))})
