"""The WSGI handler, which fixes an error that occurs in Django before any middleware runs."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """Django's request, always UTF-8.

    Django decodes the query with the charset of Content-Type while it creates the request. A charset that is not a text
    encoding (`charset=hex`, or `x*=hex''%41`) would be an error 500 that nothing can catch.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):
            meta["CONTENT_TYPE"] = self.content_type = ""
            self.content_params = {}


class Handler(WSGIHandler):
    request_class = Request
