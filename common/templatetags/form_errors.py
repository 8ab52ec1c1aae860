"""Error messages for the form fields of pages. The API's own messages are written for programs.

Fields are those of a serializer, or of a form of Django.
"""

from typing import Any

from django import template
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorList
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def error_texts(field: Any) -> str:
    errors = field.errors.as_data() if isinstance(field.errors, ErrorList) else field.errors
    return " ".join(error_text(field, error) for error in errors)


def error_text(field: Any, error: Any) -> str:
    match error.code:
        case "required" | "blank" | "null":
            return _("Please fill this in.")
        case "max_length":
            limit = field.field.max_length if isinstance(error, ValidationError) else field.max_length
            return ngettext(
                "Please enter at most %(count)s character.", "Please enter at most %(count)s characters.", limit
            ) % {"count": limit}
        case "max_value":
            return _("This number is too large.")
        case "min_value":
            return _("This number is too small.")
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
