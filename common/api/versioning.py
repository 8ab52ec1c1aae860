"""The version of a call, from its path."""

from typing import Any

from rest_framework.request import Request
from rest_framework.versioning import BaseVersioning


class PathVersioning(BaseVersioning):
    """The version that the route carries (project/api_urls.py); calls that have none take the current one.

    DRF's own reads a parameter of the path, and Swagger would then describe each operation once per version.
    """

    def determine_version(self, request: Request, *args: Any, **kwargs: Any) -> str:
        return str(kwargs.get("version", self.default_version))
