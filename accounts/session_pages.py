"""The page that lists where a resident is signed in, and ends sessions and tokens."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework.serializers import Serializer

from accounts import sessions
from accounts.authentication import current_user
from accounts.clients import client_name
from common.pages import form_of, form_page, show_message


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_ins(request: HttpRequest) -> HttpResponse:
    """Ends the session of the pressed button, or all others."""
    at = timezone.now()
    found = sessions.sign_ins(current_user(request), at=at, current=request.session.session_key)
    rows = [(each, client_name(each.user_agent) if each.user_agent else "") for each in found]
    has_others = any(not each.is_current for each in found)
    return form_page(
        request, "accounts/sessions.html", form_of(request, Serializer), sign_in_end, rows=rows, has_others=has_others
    )


def sign_in_end(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    user, at = current_user(request), timezone.now()
    if sign_in_id := request.POST.get("id"):
        sessions.sign_in_end(user=user, sign_in_id=sign_in_id, at=at)
        show_message(request, _("The session has ended."))
    else:
        count = sessions.other_sign_ins_end(user=user, at=at, current=request.session.session_key)
        text = ngettext("%(count)s session has ended.", "%(count)s sessions have ended.", count)
        show_message(request, text % {"count": count})
    return redirect("pages:sessions")
