"""Gives each request an id, logs it and measures it."""

import logging
import re
import secrets
from http import HTTPStatus
from time import perf_counter

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common.current_request import REQUEST, known_user_id
from common.middleware import GetResponse
from project.monitoring import metrics
from project.monitoring.logging import REQUEST_ID
from project.monitoring.probes import PROBES

REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")
logger = logging.getLogger("project.monitoring.requests")


class RequestLog:
    """Logs and measures every response. It is the first middleware, so that it sees the responses of all others."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        request_id = request_id_of(request)
        request.request_id = request_id  # type: ignore[attr-defined]  # for the history
        REQUEST_ID.set(request_id)
        REQUEST.set(request)
        try:
            response = self.get_response(request)
        finally:
            REQUEST.set(None)
        response["X-Request-ID"] = request_id
        seconds = perf_counter() - started
        if request.path_info not in PROBES:
            metrics.observe_request(request, response.status_code, seconds)
        log_request(request, response.status_code, seconds)
        return response


def request_id_of(request: HttpRequest) -> str:
    """Returns the id in the header X-Request-ID if it is well-formed, otherwise a new one."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if REQUEST_ID_PATTERN.fullmatch(given) else secrets.token_hex(16)


def log_request(request: HttpRequest, status: int, seconds: float) -> None:
    level = logging.INFO
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        level = logging.ERROR
    elif request.path_info in PROBES:  # several times a minute each
        level = logging.DEBUG
    fields = {
        "method": request.method,
        "path": request.path,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "user_id": known_user_id(request),
    }
    logger.log(level, "%s %s %s", request.method, request.path, status, extra=fields)
