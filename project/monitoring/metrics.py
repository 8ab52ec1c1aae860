"""Prometheus metrics. Under gunicorn they are the sums over all workers."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from project.monitoring import metrics_folder
from project.monitoring.metrics_folder import FOLDER_VARIABLE

if TYPE_CHECKING:  # the database engine imports this module before the models can be
    from common.models import CheckedPromise

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

if FOLDER_VARIABLE in os.environ:
    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: metrics_folder.slot)

REQUESTS = Counter("http_requests_total", "Requests that were answered.", ["view", "method", "status"])
LATENCY = Histogram("http_request_duration_seconds", "Seconds until a request was answered.", ["view", "method"])
DATABASE_ERRORS = Counter("database_errors_total", "Database errors by exception class.", ["error"])


def observe_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Counts a response and its duration by view name. Paths are not a label, because they have too many values."""
    view = request.resolver_match.view_name if request.resolver_match else "none"
    method = request.method if request.method in METHODS else "other"
    with contextlib.suppress(OSError):  # a metric that cannot be written must not fail a request; /metrics fails then
        REQUESTS.labels(view, method, str(status)).inc()
        LATENCY.labels(view, method).observe(seconds)


def count_database_error(error: Exception) -> None:
    with contextlib.suppress(OSError):
        DATABASE_ERRORS.labels(type(error).__name__).inc()


def count_statement_errors(execute: Callable[..., Any], *arguments: Any) -> Any:
    """Counts the errors of statements, as one of Django's `execute_wrappers`."""
    try:
        return execute(*arguments)
    except Exception as error:
        count_database_error(error)
        raise


class PromiseCollector(Collector):
    """The numbers that `manage.py verify` stored. They are the same for all workers."""

    def __init__(self, found: "Iterable[CheckedPromise]") -> None:
        self.found = found

    def collect(self) -> Iterator[Metric]:
        violations = GaugeMetricFamily(
            "townhall_invariant_violations", "Rows that break a promise, at the last check.", labels=["name"]
        )
        checked = GaugeMetricFamily(
            "townhall_invariant_checked_timestamp_seconds", "When a promise was last checked.", labels=["name"]
        )
        for promise in self.found:
            violations.add_metric([promise.name], promise.violations)
            checked.add_metric([promise.name], promise.checked_at.timestamp())
        yield from (violations, checked)


def metrics_text(promises: "Iterable[CheckedPromise]") -> bytes:
    """Returns all metrics in Prometheus' text format."""
    registry, stored = REGISTRY, CollectorRegistry()
    if FOLDER_VARIABLE in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    stored.register(PromiseCollector(promises))
    return generate_latest(registry) + generate_latest(stored)
