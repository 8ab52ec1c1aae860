"""Middleware that returns errors in the format of the path: JSON for the API, a page for everything else."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages.middleware import MessageMiddleware
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    JsonResponse,
    UnreadablePostError,
)
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxMiddleware
from rest_framework.exceptions import APIException, Throttled
from rest_framework.response import Response

from common.exceptions import RETRY_SECONDS
from common.pages import PageRequest
from common.paths import is_api

TOKEN = re.compile(r"(?:Bearer|JWT|Token) +\S", re.IGNORECASE)
FORM_METHODS = {"GET": "get", "HEAD": "get", "POST": "post", "OPTIONS": "options"}  # with the methods of a view
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
STATUS_MESSAGES = {
    HTTPStatus.BAD_REQUEST: _("Bad request."),
    HTTPStatus.FORBIDDEN: _("Forbidden."),
    HTTPStatus.NOT_FOUND: _("Not found."),
    HTTPStatus.METHOD_NOT_ALLOWED: _("Method not allowed."),
    HTTPStatus.REQUEST_TIMEOUT: _("Request timeout."),
    HTTPStatus.LENGTH_REQUIRED: _("Length required."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("Request entity too large."),
    HTTPStatus.REQUEST_URI_TOO_LONG: _("The address is too long."),
    HTTPStatus.TOO_MANY_REQUESTS: _("Too many requests."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: _("The headers are too long."),
    HTTPStatus.INTERNAL_SERVER_ERROR: _("Internal server error."),
    HTTPStatus.SERVICE_UNAVAILABLE: _("Service unavailable."),
}

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ApiPaths:
    """Accepts paths of the API with and without the last slash, and turns every error there into JSON."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        drop_null_cookies(request)
        if not is_api(request.path_info):
            return self.get_response(request)
        if not request.path_info.endswith("/"):
            request.path_info += "/"
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            # WSGI shows a body of unknown length as an empty one. It is refused rather than misread.
            return error_response(HTTPStatus.LENGTH_REQUIRED)
        if settings.SECURE_SSL_REDIRECT and not request.is_secure() and request.method not in ("GET", "HEAD"):
            # A redirect would lose the body, and hide that it was sent unencrypted.
            return JsonResponse({"detail": _("Use https.")}, status=HTTPStatus.FORBIDDEN)
        response = self.get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and not is_readable(response):
            return error_response(HTTPStatus(response.status_code), response)
        return response


def drop_null_cookies(request: HttpRequest) -> None:
    """Removes cookies with a NUL, quoted as `"\\000"`: PostgreSQL fails when it looks for such a session."""
    if "\\000" in request.META.get("HTTP_COOKIE", ""):
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}


def is_readable(response: HttpResponseBase) -> bool:
    """Returns whether an error is JSON or a browsable page of DRF."""
    browsable = isinstance(response, Response) and response.accepted_renderer.format == "api"
    return browsable or response.get("Content-Type", "").startswith("application/json")


def is_by_program(request: HttpRequest) -> bool:
    """Returns whether a call of the API authenticates itself by a token, or has no session to do so.

    Signing in ignores tokens, and may begin a session.
    """
    path = request.path_info
    return (
        path.startswith("/api/")
        and not path.startswith("/api/rest-auth/")
        and (
            settings.SESSION_COOKIE_NAME not in request.COOKIES
            or TOKEN.match(request.META.get("HTTP_AUTHORIZATION", "")) is not None
        )
    )


class ForBrowsers:
    """A mixin for middleware that only browsers need, which calls by programs skip.

    Django's checks of a deployment look for the names of its middleware for sessions and CSRF, so these two stay; they
    cost little without a cookie.
    """

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response if is_by_program(request) else super().__call__  # type: ignore[misc]
        return cast("HttpResponseBase", answer(request))


class Authentication(ForBrowsers, AuthenticationMiddleware):
    pass


class Messages(ForBrowsers, MessageMiddleware):
    pass


class Htmx(ForBrowsers, HtmxMiddleware):
    pass


class LoginRequired(LoginRequiredMiddleware):
    """Django's middleware, which reads the user only for pages that need one, and answers 503 without a database."""

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, named: Any) -> HttpResponseBase | None:
        if not getattr(view, "login_required", True):
            return None
        try:
            return super().process_view(request, view, arguments, named)
        except DATABASE_UNAVAILABLE:  # Django does not pass errors of process_view to process_exception
            return render_error(request, HTTPStatus.SERVICE_UNAVAILABLE, retry_after=RETRY_SECONDS)

    def handle_no_permission(self, request: PageRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]
        """Redirects to the sign-in page; a request of htmx redirects the whole page, and returns to it."""
        if not request.htmx:
            return super().handle_no_permission(request, view_func)
        try:
            page = request.htmx.current_url_abs_path
        except ValueError:  # the header is not a URL
            page = None
        return HttpResponseClientRedirect(redirect_to_login(page or resolve_url(settings.LOGIN_REDIRECT_URL)).url)


class ErrorResponses:
    """Returns responses for errors that can occur on any path: a throttle, a large body or an unavailable database."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or is_api(request.path_info):
            return response
        page = error_page(request, HTTPStatus.METHOD_NOT_ALLOWED)  # Django's response is empty
        page["Allow"] = response["Allow"]
        return page

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, named: Any) -> HttpResponse | None:
        """Refuses methods for which no page is made: Django's form views take PUT for POST, and may then fail."""
        view_class, method = getattr(view, "view_class", None), str(request.method)
        if view_class is None or method in FORM_METHODS or is_api(request.path_info):
            return None
        if method.lower() not in view_class.http_method_names:  # the view itself refuses it
            return None
        return HttpResponseNotAllowed([name for name in FORM_METHODS if hasattr(view_class, FORM_METHODS[name])])

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Throttled):
            wait = getattr(exception, "wait", None) or 1
            return render_error(request, HTTPStatus.TOO_MANY_REQUESTS, retry_after=int(wait))
        if isinstance(exception, APIException) and not is_api(request.path_info):  # a page did not handle it
            wait = getattr(exception, "wait", None)
            return render_error(request, HTTPStatus(exception.status_code), retry_after=wait)
        if isinstance(exception, UnreadablePostError):  # the client stopped sending in the middle of the body
            return render_error(request, HTTPStatus.REQUEST_TIMEOUT)
        if isinstance(exception, RequestDataTooBig):
            return render_error(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if isinstance(exception, DATABASE_UNAVAILABLE):
            return render_error(request, HTTPStatus.SERVICE_UNAVAILABLE, retry_after=RETRY_SECONDS)
        return None


def render_error(request: HttpRequest, status: HTTPStatus, retry_after: int | None = None) -> HttpResponse:
    """Returns the JSON or the page for a status, depending on the path."""
    response = error_response(status) if is_api(request.path_info) else error_page(request, status)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


@login_not_required
@csrf_exempt  # otherwise a write to a path that does not exist would be 403
def not_found(request: HttpRequest, *args: str) -> JsonResponse:
    """Returns 404 for all other paths of the API."""
    return error_response(HTTPStatus.NOT_FOUND)


def error_response(status: HTTPStatus, instead_of: HttpResponseBase | None = None) -> JsonResponse:
    """Returns a message for the status, with the headers of `instead_of` that tell a client what to do."""
    response = JsonResponse({"detail": STATUS_MESSAGES.get(status, f"{status.phrase.capitalize()}.")}, status=status)
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if instead_of is not None and instead_of.has_header(name):
            response[name] = instead_of[name]
    return response


def error_page(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return HttpResponse(render_to_string("503.html"), status=status)  # the user cannot be read either
    return render(request, "error.html", {"status": status}, status=status)
