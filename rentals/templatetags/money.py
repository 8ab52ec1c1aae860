"""Amounts in templates."""

from decimal import Decimal

from django import template
from django.conf import settings
from django.template.defaultfilters import floatformat

register = template.Library()
NO_BREAK = "\xa0"


@register.filter
def money(amount: Decimal) -> str:
    """With two places, as the reader writes numbers, and the currency."""
    return f"{floatformat(amount, '2g')}{NO_BREAK}{settings.CURRENCY}"
