"""What is measured, in Prometheus' terms. Under gunicorn the numbers are those of all workers together."""

import contextlib
import os
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from project.monitoring import metrics_folder
from project.monitoring.metrics_folder import FOLDER

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

if FOLDER in os.environ:
    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: metrics_folder.seat)

REQUESTS = Counter("http_requests_total", "Requests that were answered.", ["view", "method", "status"])
LATENCY = Histogram("http_request_duration_seconds", "Seconds until a request was answered.", ["view", "method"])
DATABASE_ERRORS = Counter("database_errors_total", "Errors of the database, by kind.", ["error"])


def observe(request: HttpRequest, status: int, seconds: float) -> None:
    """Counts an answer by its view, whose names are few, and not by its path."""
    view = request.resolver_match.view_name if request.resolver_match else "none"
    method = request.method if request.method in METHODS else "other"
    with contextlib.suppress(OSError):  # a figure that cannot be written fails no request; /metrics itself does then
        REQUESTS.labels(view, method, str(status)).inc()
        LATENCY.labels(view, method).observe(seconds)


def count(error: Exception) -> None:
    with contextlib.suppress(OSError):
        DATABASE_ERRORS.labels(type(error).__name__).inc()


def count_errors(execute: Callable[..., Any], *arguments: Any) -> Any:
    """A wrapper around each statement (Django's `execute_wrapper`)."""
    try:
        return execute(*arguments)
    except Exception as error:
        count(error)
        raise


def page() -> bytes:
    """All numbers as text."""
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return generate_latest(registry)
