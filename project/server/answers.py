"""The server's own answers, to requests that never reach Django."""

import html
import logging
import re
import uuid
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import unquote

from django.http import HttpRequest

from common.exceptions import RETRY_SECONDS
from common.middleware import error_response
from common.paths import is_api
from project.monitoring import metrics
from project.monitoring.logging import REQUEST_ID

REQUEST_LINE = re.compile(rb"(?:\r\n)?([!-~]{1,20}) (?:https?://[^ /?\r\n]*)?([^ ?\r\n]{0,2000})")
REQUEST_ID_HEADER = re.compile(rb"\r\nX-Request-ID:[ \t]*([A-Za-z0-9._-]{1,64})[ \t]*\r\n", re.IGNORECASE)
logger = logging.getLogger("project.monitoring.requests")


def answer(head: bytes, status: HTTPStatus) -> bytes:
    """Returns an error for a request of which `head` is known so far: JSON for the API, otherwise HTML. Logs it.

    The response closes the connection, because the rest of the request is not read.
    """
    line = REQUEST_LINE.match(head)
    method, path = (line[1].decode(), unquote(line[2].decode("latin-1"))) if line else ("", "")
    given = REQUEST_ID_HEADER.search(head)
    request_id = given[1].decode() if given else uuid.uuid4().hex
    log(method, path, status, request_id)
    content_type, body = content(path, status)
    headers = {
        "Date": formatdate(usegmt=True),
        "Connection": "close",
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Request-ID": request_id,
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_SECONDS)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if method == "HEAD" else body)


def content(path: str, status: HTTPStatus) -> tuple[str, bytes]:
    if is_api(path):
        return "application/json", error_response(status).content
    title = html.escape(status.phrase)
    page = f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1></html>\n'
    return "text/html; charset=utf-8", page.encode()


def log(method: str, path: str, status: HTTPStatus, request_id: str) -> None:
    """Logs and counts the response as project.monitoring.requests does."""
    request = HttpRequest()
    request.method = method
    metrics.observe_request(request, status, 0)
    token = REQUEST_ID.set(request_id)
    fields = {"method": method, "path": path, "status": status.value}
    level = logging.ERROR if status == HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
    logger.log(level, "%s %s %s", method, path, status.value, extra=fields)
    REQUEST_ID.reset(token)
