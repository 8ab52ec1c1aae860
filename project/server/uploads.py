"""The limits of bodies: 2 MB, or a file and its frame where the view takes one.

The worker counts a body before a view sees it. The middleware and the upload handler hold under any server.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.db import Error, close_old_connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from rest_framework.exceptions import APIException

from common.api.uploads import MULTIPART_OVERHEAD_BYTES, UploadParser
from common.middleware import GetResponse, render_error
from common.paths import is_api
from common.wsgi import Request

MAX_BODY_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
MAX_UPLOAD_BYTES = settings.IMAGE_MAX_BYTES + MULTIPART_OVERHEAD_BYTES


class UnreadBody:
    """Stands for a body that the worker has not read, because it is too large for its caller.

    A view that does not need the body answers as usual, for example with 401 or 404.
    """

    def read(self, *sizes: int) -> bytes:
        raise RequestDataTooBig("body too large")

    readline = read


def body_limit(request: HttpRequest) -> int:
    """Returns how many bytes the body of a request may have."""
    return MAX_UPLOAD_BYTES if upload_permission(request) else MAX_BODY_BYTES


def may_upload(environ: dict[str, Any]) -> bool:
    """Returns whether the path takes a file and the caller has the permission for it.

    It runs before the body is read. The view checks the caller again.
    """
    request = Request(environ)
    is_permitted = upload_permission(request)
    if is_permitted is None:
        return False
    close_old_connections()
    try:
        return is_permitted(request)
    except (APIException, Error):
        return False
    finally:
        close_old_connections()


def upload_permission(request: HttpRequest) -> Callable[[HttpRequest], bool] | None:
    """Returns a function that checks the caller if the path takes a file; otherwise None."""
    path = request.path_info
    try:
        view, _, arguments = resolve(path if path.endswith("/") else f"{path}/")
    except Resolver404:
        return None
    api_view = getattr(view, "cls", None)
    if api_view and UploadParser in api_view.parser_classes:
        return lambda request: api_allows(api_view, request, arguments)
    model_admin = getattr(getattr(view, "__wrapped__", None), "__self__", None)
    name = getattr(model_admin, "upload_permissions", {}).get(view.__name__)
    return (lambda request: admin_allows(model_admin, name, request)) if name else None


def api_allows(view_class: Any, request: HttpRequest, arguments: dict[str, Any]) -> bool:
    """Authenticates the request as the view does. Raises APIException if the view would refuse it."""
    view = view_class()
    view.setup(request, **arguments)
    view.request = view.initialize_request(request, **arguments)
    view.perform_authentication(view.request)
    view.check_permissions(view.request)
    return True


def admin_allows(model_admin: Any, permission: str, request: HttpRequest) -> bool:
    SessionMiddleware(lambda request: HttpResponse()).process_request(request)
    request.user = get_user(request)
    return bool(model_admin.admin_site.has_permission(request) and getattr(model_admin, permission)(request))


class BodyLimits:
    """Refuses too large a body of a page with 413 before anything reads it. Views of the API check the caller first."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request.path_info):
            length = request.META.get("CONTENT_LENGTH") or "0"
            is_unread = isinstance(request.META.get("wsgi.input"), UnreadBody)
            if is_unread or (length.isdecimal() and int(length) > MAX_BODY_BYTES and int(length) > body_limit(request)):
                return render_error(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.get_response(request)


class Quota(FileUploadHandler):
    """Counts the bytes of uploaded files, and raises RequestDataTooBig before they are stored."""

    total = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.total += len(raw_data)
        if self.total > (body_limit(self.request) if self.request else MAX_BODY_BYTES):
            raise RequestDataTooBig("files too large")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leaves the file to the next handler."""
