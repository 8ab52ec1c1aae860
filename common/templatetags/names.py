"""Names of people and things, whose direction does not change the text around them."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def bdi(name: object) -> SafeString:
    """Returns a name as an element that is isolated from its surroundings, such as an Arabic name before a number.

    An empty text stays empty: its cell takes no room in a table that is folded.
    """
    return SafeString("") if name == "" else format_html("<bdi>{}</bdi>", name)
