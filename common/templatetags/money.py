"""Amounts in templates."""

from decimal import Decimal

from django import template
from django.conf import settings
from django.template.defaultfilters import floatformat

register = template.Library()
NO_BREAK_SPACE = "\xa0"


@register.filter
def money(amount: Decimal) -> str:
    """Formats an amount with two places, in the language of the page, and adds the currency."""
    return f"{floatformat(amount, '2g')}{NO_BREAK_SPACE}{settings.CURRENCY}"
