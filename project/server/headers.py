"""The Content-Security-Policy and Cache-Control headers of pages."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

from common.middleware import GetResponse, is_api

COMMON_DIRECTIVES = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
PAGES_POLICY = f"default-src 'self'; img-src 'self' data:; {COMMON_DIRECTIVES}"
# Swagger UI and Redoc set inline styles; Redoc searches in a worker.
DOCS_POLICY = f"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; {COMMON_DIRECTIVES}"  # noqa: E501
# The admin's pages use Alpine, which evaluates expressions in their attributes.
ADMIN_POLICY = f"default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; {COMMON_DIRECTIVES}"  # noqa: E501


def policy(path: str) -> str:
    """Returns the policy of a path. Except in the API docs, it allows images from the host of MEDIA_URL."""
    if path.startswith(("/swagger", "/redoc")):
        return DOCS_POLICY
    chosen = ADMIN_POLICY if path.startswith("/admin/") else PAGES_POLICY
    cdn = urlsplit(settings.MEDIA_URL)
    return chosen.replace("img-src", f"img-src {cdn.scheme}://{cdn.netloc}") if cdn.netloc else chosen


def is_browsable(path: str) -> bool:
    """Returns whether the path has one of DRF's browsable pages, which contain inline scripts."""
    return settings.DEBUG and is_api(path) and not path.startswith(("/swagger", "/redoc"))


class PageHeaders:
    """Adds a content security policy to every response, and forbids browsers to cache pages.

    Pages show who is signed in, and must show changes at once.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_browsable(request.path_info):
            response["Content-Security-Policy"] = policy(request.path_info)
        if response.get("Content-Type", "").startswith("text/html") and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
