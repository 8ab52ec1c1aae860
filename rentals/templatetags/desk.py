"""Tags of the lending desk and of the page of an account."""

import uuid
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from common.submissions import FIELD_NAME
from rentals.desk.summary import summary_of

register = template.Library()


@register.simple_tag
def new_form_key() -> SafeString:
    """Returns a hidden field with a key of its own: a page of the desk has several forms, and each is sent once."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD_NAME, uuid.uuid4())


@register.inclusion_tag("admin/desk/account.html", takes_context=True)
def lending_of(context: Context, resident: User) -> dict[str, Any]:
    """Shows the balance, rentals, holds and payments of a resident that the reader may see."""
    by = context["request"].user
    return {**summary_of(resident, by=by, at=timezone.now()), "perms": context["perms"]}
