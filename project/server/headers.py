"""What a browser may load and run on each page: what this site serves, and nothing else; and what it may keep."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

from common.middleware import GetResponse, is_api

NOWHERE = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
PAGES = f"default-src 'self'; img-src 'self' data:; {NOWHERE}"
# Swagger and Redoc set styles by script; Redoc searches in a worker.
DOCS = f"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; {NOWHERE}"
# Alpine, of which the admin's pages are made, evaluates what stands in their attributes.
ADMIN = f"default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; {NOWHERE}"  # noqa: E501


def policy(path: str) -> str:
    """The policy of a path; where covers are shown, images also come from the CDN that has them."""
    if path.startswith(("/swagger", "/redoc")):
        return DOCS
    chosen = ADMIN if path.startswith("/admin/") else PAGES
    cdn = urlsplit(settings.MEDIA_URL)
    return chosen.replace("img-src", f"img-src {cdn.scheme}://{cdn.netloc}") if cdn.netloc else chosen


def is_browsable(path: str) -> bool:
    """Whether it is one of DRF's pages, which have scripts in them."""
    return settings.DEBUG and is_api(path) and not path.startswith(("/swagger", "/redoc"))


class PageHeaders:
    """The policy of a page, and that no page is kept: it says whose it is, and what has changed is read anew."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_browsable(request.path_info):
            response["Content-Security-Policy"] = policy(request.path_info)
        if response.get("Content-Type", "").startswith("text/html") and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
