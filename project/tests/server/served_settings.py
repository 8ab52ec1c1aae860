"""The settings for a server in tests. Static files need not be collected first."""

import os

from project.settings import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "project.media.folder.Folder"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CLIENT_HEAD_SECONDS = float(os.environ.get("TEST_HEAD_SECONDS", "10"))
CLIENT_BODY_SECONDS = float(os.environ.get("TEST_BODY_SECONDS", "60"))
CLIENT_MIN_BYTES_PER_SECOND = int(os.environ.get("TEST_BYTES_PER_SECOND", "20000"))
