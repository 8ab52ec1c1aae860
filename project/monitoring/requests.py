"""Each request from the outside: the id that it carries, the line in the log, and what is measured."""

import logging
import re
import uuid
from http import HTTPStatus
from time import perf_counter

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from common.middleware import GetResponse
from project.monitoring import metrics
from project.monitoring.logging import REQUEST_ID
from project.monitoring.probes import PROBES

REQUEST_ID_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")
logger = logging.getLogger("project.monitoring.requests")


class Requests:
    """The first of the middleware, so that whatever answers is seen."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = perf_counter()
        request_id = id_of(request)
        REQUEST_ID.set(request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        seconds = perf_counter() - begun
        if request.path_info not in PROBES:
            metrics.observe(request, response.status_code, seconds)
        log(request, response.status_code, seconds)
        return response


def id_of(request: HttpRequest) -> str:
    """The id that the request brings, if it looks like one, else a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if REQUEST_ID_FORM.fullmatch(given) else uuid.uuid4().hex


def log(request: HttpRequest, status: int, seconds: float) -> None:
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
        "user_id": user_id(request),
    }
    logger.log(level, "%s %s %s", request.method, request.path, status, extra=fields)


def user_id(request: HttpRequest) -> int | None:
    """Who asked, as far as that was looked up for the answer: the log asks nobody."""
    user = vars(request).get("user")
    if isinstance(user, SimpleLazyObject):
        user = vars(request).get("_cached_user")
    return getattr(user, "pk", None)
