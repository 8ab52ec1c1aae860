"""Probes: /healthz and /readyz for container platforms and load balancers, /metrics for Prometheus.

They are answered before any other middleware runs: load balancers and Prometheus call the server by its IP address,
which is not in ALLOWED_HOSTS, and without TLS.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from ipaddress import ip_address
from time import monotonic
from typing import Generic, TypeVar

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST

from common.middleware import GetResponse
from common.models import CheckedPromise
from project.monitoring import metrics

CHECK_TIMEOUT_SECONDS = 1.5  # from the start of a check, for all requests that share it; each of them blocks a thread


def healthz(request: HttpRequest) -> HttpResponse:
    """Returns 200 while the process serves. Does not use the database."""
    return text_response("ok")


def readyz(request: HttpRequest) -> HttpResponse:
    """Returns 200 if the database answers and has every migration, otherwise 503 and the name of what is missing."""
    missing = readiness.missing()
    return text_response(missing, HTTPStatus.SERVICE_UNAVAILABLE) if missing else text_response("ok")


def metrics_page(request: HttpRequest) -> HttpResponse:
    """Returns the metrics to Prometheus, which calls directly from a private network; 404 to all other clients.

    With METRICS_TOKEN, also requires this bearer token: without it any neighbor in the network could read them.
    """
    if not is_direct_and_private(request):
        return text_response("not found", HTTPStatus.NOT_FOUND)
    if settings.METRICS_TOKEN and not has_metrics_token(request):
        response = text_response("the bearer token is missing or wrong", HTTPStatus.UNAUTHORIZED)
        response["WWW-Authenticate"] = "Bearer"
        return response
    return HttpResponse(metrics.metrics_text(promises_found()), content_type=CONTENT_TYPE_LATEST)


def has_metrics_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN)


def is_direct_and_private(request: HttpRequest) -> bool:
    """Returns whether the request comes from a private network and through no proxy."""
    if any(header in request.headers for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")):
        return False
    try:
        address = ip_address(request.META["REMOTE_ADDR"])
    except ValueError:  # a unix socket has no address; a proxy is behind it
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_private


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics_page,
}


class Probes:
    """Answers the probes and passes on all other requests."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            response = text_response("method not allowed", HTTPStatus.METHOD_NOT_ALLOWED)
            response["Allow"] = "GET, HEAD"
            return response
        response = probe(request)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def text_response(content: str, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(f"{content}\n", status=status, content_type="text/plain; charset=utf-8")


Result = TypeVar("Result")


class SharedCheck(Generic[Result]):
    """Reads the database in a thread, one check at a time, for all requests that come meanwhile.

    A connection to a server that has vanished may block for minutes, which a request must not wait for.
    """

    def __init__(self, read: Callable[[], Result]) -> None:
        self.read = read
        self.lock = threading.Lock()
        self.check: Future[Result] | None = None
        self.started = 0.0

    def result(self) -> Result:
        """Returns what was read. Raises TimeoutError if it takes longer than CHECK_TIMEOUT_SECONDS."""
        with self.lock:
            if self.check is None or self.check.done():
                self.check, self.started = Future(), monotonic()
                threading.Thread(target=self.run, args=[self.check], name=self.read.__name__, daemon=True).start()
            check, remaining = self.check, self.started + CHECK_TIMEOUT_SECONDS - monotonic()
        return check.result(timeout=max(remaining, 0))

    def run(self, check: "Future[Result]") -> None:
        try:
            check.set_result(self.read())
        except Exception as error:  # noqa: BLE001  raised again in the requests that wait
            check.set_exception(error)
        finally:
            connection.close()


class Readiness(SharedCheck[str]):
    def __init__(self) -> None:
        super().__init__(missing_parts)

    def missing(self) -> str:
        """Returns "database" or "migrations" if that is missing, otherwise an empty string."""
        try:
            return self.result()
        except TimeoutError:
            return "database"


def missing_parts() -> str:
    try:
        loader = MigrationLoader(connection)
        return "migrations" if set(loader.graph.nodes) - set(loader.applied_migrations or ()) else ""
    except Error:
        return "database"


def checked_promises() -> list[CheckedPromise]:
    return list(CheckedPromise.objects.order_by("name"))


readiness = Readiness()
promises = SharedCheck(checked_promises)


def promises_found() -> list[CheckedPromise]:
    """Returns what `manage.py verify` found last, or nothing while the database is away."""
    try:
        return promises.result()
    except (TimeoutError, Error):
        return []
