"""How gunicorn serves the site. It finds this file by itself in the folder where it starts."""

import logging.config
import os
import signal
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.glogging import Logger

from project.errors import StartError
from project.monitoring import metrics_folder
from project.monitoring.logging import of_server
from project.monitoring.metrics_folder import SHARED_MEMORY
from project.server import address, cpu

EVERYWHERE = "0.0.0.0"  # noqa: S104

# Until gunicorn has handlers of its own, which it sets once the site is loaded: a container's first process does not
# hear a signal that it does not handle.
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))

try:
    from project import settings

    bind = f"{address.in_brackets(address.host(EVERYWHERE))}:{address.port()}"
    workers = address.workers(default=2 * cpu.cpus() + 1)
except (ImproperlyConfigured, StartError) as error:
    sys.exit(str(error))

worker_class = "project.server.worker.Worker"
threads = 4
preload_app = True  # a worker is a fork: there at once, and sharing its memory
worker_tmp_dir = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None  # a heartbeat must not wait for a disk
control_socket_disable = True

keepalive = 75  # seconds; longer than a load balancer keeps its connections, which must be the one to close them
graceful_timeout = 30
max_requests = 10_000  # what leaks is given back now and then
max_requests_jitter = 2_000  # and not by all workers at once

# Who is behind a proxy, and whether over TLS, is for Django alone to say: TRUSTED_PROXIES, SECURE_PROXY_SSL_HEADER.
forwarded_allow_ips = ""


class Log(Logger):
    """Gunicorn's own words, like all others. Its access log stays off: it would write down queries."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logging.config.dictConfig(of_server(settings.LOGGING))


logger_class = Log
loglevel = settings.LOG_LEVEL.lower().replace("debug", "info")  # its own DEBUG writes down queries

metrics_folder.make()
pre_fork = metrics_folder.give_seat
post_fork = metrics_folder.take_seat
