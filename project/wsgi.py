"""The WSGI application that gunicorn serves."""

import logging.config
import os

import django
from django.conf import settings
from django.urls import get_resolver

from api.wsgi import Handler
from project.logging import of_server
from project.postgresql import base

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup()
logging.config.dictConfig(of_server(settings.LOGGING))
base.is_server = True

application = Handler()
get_resolver().url_patterns  # noqa: B018  all views are there before workers are forked, and before the first request
