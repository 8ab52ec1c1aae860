"""The WSGI application of the floor and of the stock app: DJANGO_SETTINGS_MODULE says which."""

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import get_resolver

django.setup()
settings.MIDDLEWARE = getattr(settings, "CONTENDER_MIDDLEWARE")  # noqa: B009  allauth refuses to start without its own
application = WSGIHandler()
get_resolver().url_patterns  # noqa: B018
