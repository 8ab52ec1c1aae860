"""What happens to a form whose session has ended: its writer signs in, and then sees the text again."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import csrf

from accounts.notices import known_users
from common import middleware
from common.kept_text import KEEP_FOR, text_keep
from common.pages import PageRequest

WRONG_TOKEN = "CSRF token from POST "  # noqa: S105  how Django's reason for a token of another session begins


class LoginRequired(middleware.LoginRequired):
    """Leads to the sign-in page, and keeps the text that was posted."""

    def handle_no_permission(self, request: PageRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]
        text_keep_for_writer(request, view_func, at=timezone.now())
        return super().handle_no_permission(request, view_func)


def sign_in_first(request: HttpRequest, view: Any) -> HttpResponse:
    """Does what LoginRequired does, for a view that is open to anyone and whose form is not."""
    text_keep_for_writer(request, view, at=timezone.now())
    return redirect_to_login(request.get_full_path())


def text_keep_for_writer(request: HttpRequest, view: Any, *, at: datetime) -> bool:
    """Keeps the posted text for the user, or else for those who have signed in with this browser before.

    Visitors with another browser store nothing, and the first person to sign in on a shared one does not see the text.
    """
    if request.method != "POST" or not hasattr(view, "kept_fields"):
        return False
    if request.user.is_authenticated:
        return text_keep(request, view, user_ids=[request.user.pk], at=at)
    if not text_keep(request, view, user_ids=known_users(request), at=at):
        return False
    request.session.set_expiry(KEEP_FOR)  # until somebody signs in
    messages.info(request, _("Your session has ended. Sign in, and your text is shown again."))
    return True


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Shows a form again whose token is of an earlier session, with the text. Otherwise answers as Django does.

    Browsers say in Sec-Fetch-Site, which no script can set, that a form is from this site. With any other reason than a
    wrong token, the body may be unreadable.
    """
    match = request.resolver_match
    is_own_form = request.headers.get("Sec-Fetch-Site") == "same-origin" and reason.startswith(WRONG_TOKEN)
    if match and is_own_form and text_keep_for_writer(request, match.func, at=timezone.now()):
        return redirect(request.get_full_path())
    return csrf.csrf_failure(request, reason)
