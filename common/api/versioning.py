"""The version of a request, taken from its path."""

from typing import Any

from rest_framework.request import Request
from rest_framework.versioning import BaseVersioning


class PathVersioning(BaseVersioning):
    """Reads the version from the route's arguments (project/api_urls.py); without one, it is the current version.

    DRF's URLPathVersioning needs a parameter in the path, with which Swagger would describe each operation once for
    each version.
    """

    def determine_version(self, request: Request, *args: Any, **kwargs: Any) -> str:
        return str(kwargs.get("version", self.default_version))
