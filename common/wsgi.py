"""The WSGI application, and the one thing that goes wrong in Django before any middleware."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """Django's, always UTF-8.

    Django decodes the query by the charset in Content-Type while it makes the request: one that is no encoding of text
    (`charset=hex`, or `x*=hex''%41`) would be a 500 that nothing can catch.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):
            meta["CONTENT_TYPE"] = self.content_type = ""
            self.content_params = {}


class Handler(WSGIHandler):
    request_class = Request
