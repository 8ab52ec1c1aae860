"""What is wrong with a field of a form, in the words of a page: the API's are for programs."""

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def complaints(field: Any) -> str:
    return " ".join(complaint(field, error) for error in field.errors)


def complaint(field: Any, error: Any) -> str:
    match error.code:
        case "required" | "blank" | "null":
            return _("Please fill this in.")
        case "max_length":
            most = field.max_length
            return ngettext(
                "Please write at most %(count)s character.", "Please write at most %(count)s characters.", most
            ) % {"count": most}
        case "max_value":
            return _("This number is too large.")
        case "min_value":
            return _("This number is too small.")
    return str(error)
