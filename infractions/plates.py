"""License plates in one form, whatever their case, spaces, dashes and width.

PostgreSQL alone makes the form, for the column and for what is looked up: what is upper case differs between it and
Python.
"""

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

PLATE_LENGTH = 32  # as written
PLATE_FORM = _("A license plate has 1 to 16 letters and digits, beside spaces and dashes.")

IS_PLATE = Q(plate__regex="^[[:alnum:]]{1,16}$")


class NormalPlate(models.Func):
    """`aaa-123` as `AAA123`: NFKC, without spaces and dashes, in upper case."""

    # Dashes are those that NFKC leaves, the soft hyphen and the minus among them.
    template = (
        "upper(regexp_replace(normalize(%(expressions)s, NFKC),"
        r" '[[:space:]\u00AD\u058A\u05BE\u1806\u2010-\u2015\u2043\u2212\u2796\u2E3A\u2E3B-]+', '', 'g'))"
    )
    output_field = models.TextField()


def is_plate(text: str) -> bool:
    """Whether PostgreSQL would take it for a plate."""
    return IS_PLATE.check({"plate": NormalPlate(Value(text))})
