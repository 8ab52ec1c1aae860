"""Compresses the pages of the back office: a list of 100 rows has up to 700 kB of HTML, of which 30 kB are sent."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class BackOfficeCompression(GZipMiddleware):
    """Compresses HTML under /admin/ in answers to GET.

    The length of a compressed page can reveal a secret to someone who can have text of their choice repeated next to
    it (BREACH). Pages with a token or a one-time code answer a POST, and the CSRF token is masked anew each time.
    Other responses keep their strong ETags, on which clients of the API rely.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.get("Content-Type", "").startswith("text/html")
        if request.method == "GET" and is_page and request.path_info.startswith("/admin/"):
            compressed: HttpResponseBase = super().process_response(request, response)
            return compressed
        return response
