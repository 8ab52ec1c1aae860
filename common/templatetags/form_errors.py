"""Error messages for the form fields of pages. The API's own messages are written for programs."""

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def error_texts(field: Any) -> str:
    return " ".join(error_text(field, error) for error in field.errors)


def error_text(field: Any, error: Any) -> str:
    match getattr(error, "code", ""):  # the errors of Django's forms are texts
        case "required" | "blank" | "null":
            return _("Please fill this in.")
        case "max_length":
            limit = field.max_length
            return ngettext(
                "Please enter at most %(count)s character.", "Please enter at most %(count)s characters.", limit
            ) % {"count": limit}
        case "max_value":
            return _("This number is too large.")
        case "min_value":
            return _("This number is too small.")
    return str(error)
