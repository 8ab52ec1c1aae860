"""The WSGI application that gunicorn serves."""

import os

import django

from api.wsgi import Handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup()

application = Handler()
