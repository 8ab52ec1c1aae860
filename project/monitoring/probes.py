"""What machines ask: /healthz and /readyz for whoever restarts or feeds the server, /metrics for Prometheus.

They are answered before anything else: a load balancer and Prometheus call by address, which is in no ALLOWED_HOSTS,
and without TLS.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from ipaddress import ip_address
from time import monotonic

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST

from common.middleware import GetResponse
from project.monitoring import metrics

PATIENCE = 1.5  # seconds from the begin of a look, for all who ask meanwhile; each of them holds a thread


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process serves; touches nothing else."""
    return text("ok")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has every migration, else 503 with what is missing."""
    missing = readiness.missing()
    return text(missing, HTTPStatus.SERVICE_UNAVAILABLE) if missing else text("ok")


def metrics_page(request: HttpRequest) -> HttpResponse:
    """For Prometheus, which calls directly from within the network."""
    if not is_from_nearby(request):
        return text("not found", HTTPStatus.NOT_FOUND)
    return HttpResponse(metrics.page(), content_type=CONTENT_TYPE_LATEST)


def is_from_nearby(request: HttpRequest) -> bool:
    """Whether a machine of a private network asks by itself."""
    if any(header in request.headers for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")):
        return False
    try:
        address = ip_address(request.META["REMOTE_ADDR"])
    except ValueError:  # a unix socket has no address, and is a proxy's
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_private


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics_page,
}


class Probes:
    """Answers the probes; lets everything else pass."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            response = text("method not allowed", HTTPStatus.METHOD_NOT_ALLOWED)
            response["Allow"] = "GET, HEAD"
            return response
        response = probe(request)
        response["Cache-Control"] = "no-store"
        return response


def text(content: str, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(f"{content}\n", status=status, content_type="text/plain; charset=utf-8")


class Readiness:
    """One look at the database at a time, beside the request: a server that has vanished keeps a caller for minutes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.look: Future[str] | None = None
        self.begun = 0.0

    def missing(self) -> str:
        with self.lock:
            if self.look is None or self.look.done():
                self.look, self.begun = Future(), monotonic()
                threading.Thread(target=find_missing, args=[self.look], name="readiness", daemon=True).start()
            look, left = self.look, self.begun + PATIENCE - monotonic()
        try:
            return look.result(timeout=max(left, 0))
        except TimeoutError:
            return "database"


readiness = Readiness()


def find_missing(look: Future[str]) -> None:
    try:
        loader = MigrationLoader(connection)
        look.set_result("migrations" if set(loader.graph.nodes) - set(loader.applied_migrations or ()) else "")
    except Error:
        look.set_result("database")
    except Exception as error:  # noqa: BLE001  whoever waits is told
        look.set_exception(error)
    finally:
        connection.close()
