"""What the views of the desk have in common: who may open them, and how an act is answered."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import APIException

from common.exceptions import StorageUnavailable, error_message
from common.submissions import AlreadySubmittedError, submission_record

View = Callable[..., HttpResponse]
FIND_RESIDENTS = "accounts.view_user"  # what opens the desk


def desk_page(*permissions: str) -> Callable[[View], View]:
    """Makes a view a page of the back office for staff who may find residents and have all the permissions."""
    return lambda view: allowed(permissions, require_safe(view))


def desk_act(*permissions: str) -> Callable[[View], View]:
    """Makes a view one that takes only the forms of the desk, from staff as for `desk_page`."""
    return lambda view: allowed(permissions, require_POST(view))


def allowed(permissions: tuple[str, ...], view: View) -> View:
    checked = permission_required((FIND_RESIDENTS, *permissions), raise_exception=True)(view)
    wrapped: View = admin.site.admin_view(checked)
    return wrapped


def render_desk(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    context = {"title": gettext_lazy("Lending desk"), **admin.site.each_context(request), **context}
    return TemplateResponse(request, f"admin/desk/{name}.html", context, status=status)


def act_once(request: HttpRequest, act: Callable[[datetime], str]) -> bool:
    """Calls `act` in a transaction, and shows the text that it returns, or what its service refuses.

    Returns whether it was done. A form that was sent before is not sent again.
    """
    at = timezone.now()
    try:
        with transaction.atomic():
            submission_record(request, at=at)
            text = act(at)
    except StorageUnavailable:  # the answer is 503, as without the database
        raise
    except AlreadySubmittedError:
        messages.warning(request, _("This was sent before, and is not sent again."))
    except (APIException, ValidationError) as error:
        messages.error(request, error_message(error))
    else:
        if text:
            messages.success(request, text)
        return True
    return False
