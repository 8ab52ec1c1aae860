"""Numbers in templates."""

from decimal import Decimal, localcontext

from django import template
from django.utils.formats import number_format

MAX_DIGITS = 60  # by default, Decimal rounds to 28

register = template.Library()


@register.filter
def plain(number: Decimal) -> str:
    """Formats a number in the reader's language, with all its digits but without trailing zeros."""
    with localcontext(prec=MAX_DIGITS):
        return number_format(number.normalize(), force_grouping=True)
