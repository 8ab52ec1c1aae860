"""How numbers are written for people."""

from decimal import Decimal, localcontext

from django import template
from django.utils.formats import number_format

DIGITS = 60  # Decimal keeps 28 by itself, and rounds the others away

register = template.Library()


@register.filter
def plain(number: Decimal) -> str:
    """All digits of a number in the reader's language, without the zeros behind its last one."""
    with localcontext(prec=DIGITS):
        return number_format(number.normalize(), force_grouping=True)
