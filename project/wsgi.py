"""The WSGI application that gunicorn serves."""

import logging.config
import os

import django
from django.conf import settings
from django.urls import get_resolver

from common.wsgi import Handler
from project.database.engine import base, waiting
from project.monitoring.logging import server_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup()
# A record need not know its thread, process and line of code, which no line of the server shows.
logging._srcfile = None  # as "Optimization" in Python's documentation of logging describes
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging.config.dictConfig(server_logging(settings.LOGGING))
base.is_server = True
waiting.limit_waits()

application = Handler()
get_resolver().url_patterns  # noqa: B018  imports all views before gunicorn forks workers
