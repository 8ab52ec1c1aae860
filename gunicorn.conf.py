"""Gunicorn's configuration. Gunicorn reads this file from the folder in which it starts."""

import gc
import logging.config
import os
import signal
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.glogging import Logger

from project.errors import StartError
from project.monitoring import metrics_folder
from project.monitoring.logging import server_logging
from project.monitoring.metrics_folder import SHARED_MEMORY
from project.server import address

DEFAULT_HOST = "0.0.0.0"  # noqa: S104
MAX_DEFAULT_WORKERS = 5  # a container with a quota of 2 CPUs may see the 64 of its machine

# Gunicorn sets its own handlers only after it has loaded the site. Until then SIGTERM needs a handler, because the
# first process of a container ignores a signal without one.
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))

try:
    from project import settings

    bind = f"{address.in_brackets(address.host(DEFAULT_HOST))}:{address.port()}"
    workers = address.workers(default=min(2 * (os.cpu_count() or 1) + 1, MAX_DEFAULT_WORKERS))
except (ImproperlyConfigured, StartError) as error:
    sys.exit(str(error))

worker_class = "project.server.worker.Worker"
threads = 4
worker_connections = 500  # of each worker; an idle connection is closed for a new one
preload_app = True  # workers are forks: they start at once and share memory
worker_tmp_dir = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None  # a heartbeat must not wait for a disk
control_socket_disable = True

keepalive = (
    75  # seconds; longer than a load balancer's idle timeout, so that the load balancer closes connections first
)
graceful_timeout = 30  # seconds
max_requests = 10_000  # a worker is replaced after this many requests, which frees leaked memory
max_requests_jitter = 2_000  # so that workers are not replaced all at once

# Only Django evaluates the headers of proxies (TRUSTED_PROXIES and SECURE_PROXY_SSL_HEADER).
forwarded_allow_ips = ""


class Log(Logger):
    """Sends gunicorn's log to the server's handlers. The access log stays off, because it contains query strings."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logging.config.dictConfig(server_logging(settings.LOGGING))


logger_class = Log
loglevel = settings.LOG_LEVEL.lower().replace("debug", "info")  # gunicorn's DEBUG messages contain query strings


def when_ready(arbiter: Any) -> None:
    """Leaves what is imported out of the garbage collections of the workers, which are forks.

    It stays for as long as they do. To look through it each time takes longer, and copies the memory that they share.
    """
    gc.collect()
    gc.freeze()


metrics_folder.create()
pre_fork = metrics_folder.assign_slot
post_fork = metrics_folder.use_slot
