"""Middleware for sessions, and for the second factor of staff."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices, sessions
from accounts.models import User
from common.middleware import GetResponse

# What staff without a second factor may still open in the back office.
OPEN_ADMIN_PAGES = ("/admin/login/", "/admin/logout/", "/admin/jsi18n/")


class SignedInSessions:
    """Records when a session was last used. Requests that do not use their session pay nothing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        signed_in = getattr(request, "signed_in", False)
        # `_cached_user` is set once the user of the session was asked for. A user by token has no session.
        if (signed_in or "_cached_user" in request.__dict__) and request.user.is_authenticated:
            at = timezone.now()
            if not request.session.session_key:
                request.session.save()
            if signed_in:
                request.session.pop(sessions.RECORDED, None)
            sessions.session_record(request, request.user, at=at)
            if signed_in:
                notices.browser_recognize(request, response, request.user, at=at)
        return response


class StaffSecondFactor:
    """Leads staff without a second factor to set one up before the back office opens."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            settings.REQUIRE_SECOND_FACTOR == "staff"
            and request.path_info.startswith("/admin/")
            and request.path_info not in OPEN_ADMIN_PAGES
            and isinstance(request.user, User)
            and request.user.is_staff
            and not request.user.has_factor()
        ):
            messages.warning(request, _("Set up a second factor. Then the back office opens."))
            return HttpResponseRedirect(reverse("mfa_index"))
        return self.get_response(request)
