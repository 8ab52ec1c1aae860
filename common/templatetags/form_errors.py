"""Error messages for the form fields of pages. The API's own messages are written for programs.

Fields are those of a serializer, or of a form of Django.
"""

from dataclasses import dataclass, field
from typing import Any

from django import template
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.forms.utils import ErrorList
from django.template.base import Parser, Token
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@dataclass
class Errors:
    """What is wrong with a form: the reasons of a refusal, and the fields with errors in the order of the page."""

    reasons: list[str] = field(default_factory=list)
    fields: list[dict[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.reasons or self.fields)


class WithErrors(template.Node):
    """Renders the content of a page before the rest, so that its title and its summary know the errors of its fields.

    Sets `content` and `errors`. The reasons are `refusal`, which common.pages sets, or the errors of a form of Django
    that belong to no field that is seen.
    """

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> str:
        refusal, form = context.get("refusal"), context.get("form")
        context["errors"] = Errors([refusal] if refusal else unseen_errors(form))
        context["content"] = self.nodelist.render(context)
        return ""


def unseen_errors(form: Any) -> list[str]:
    if not isinstance(form, BaseForm):
        return []
    return [*form.non_field_errors(), *(text for hidden in form.hidden_fields() for text in hidden.errors)]


@register.tag
def with_errors(parser: Parser, token: Token) -> WithErrors:
    nodelist = parser.parse(("end_with_errors",))
    parser.delete_first_token()
    return WithErrors(nodelist)


@register.simple_tag(takes_context=True)
def field_error(context: template.Context) -> str:
    """Returns the errors of the `field` that parts/field.html shows, and adds them to the summary of the page."""
    text = error_texts(context["field"])
    if "errors" in context:
        context["errors"].fields.append({"name": context["name"], "label": context["label"], "text": text})
    return text


def error_texts(field: Any) -> str:
    errors = field.errors.as_data() if isinstance(field.errors, ErrorList) else field.errors
    return " ".join(error_text(field, error) for error in errors)


def error_text(field: Any, error: Any) -> str:
    match getattr(error, "code", ""):  # the errors of Django's forms are texts
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
