"""The headers that tell browsers what a response may do, and what they may keep of it."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from common.middleware import GetResponse
from common.paths import is_api

COMMON_DIRECTIVES = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
PAGES_POLICY = f"default-src 'self'; img-src 'self' data:; {COMMON_DIRECTIVES}"
# Swagger UI and Redoc set inline styles; Redoc searches in a worker.
DOCS_POLICY = f"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; {COMMON_DIRECTIVES}"  # noqa: E501
# The admin's pages use Alpine, which evaluates expressions in their attributes.
ADMIN_POLICY = f"default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; {COMMON_DIRECTIVES}"  # noqa: E501

# Features of the browser that no page uses. Those of passkeys, publickey-credentials-create and -get, stay allowed.
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=()"
)


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


def is_from_known_caller(request: HttpRequest) -> bool:
    """Returns whether the request carries credentials, valid or not."""
    return "HTTP_AUTHORIZATION" in request.META or settings.SESSION_COOKIE_NAME in request.COOKIES


def limit_caching(request: HttpRequest, response: HttpResponseBase) -> None:
    """Says what may be kept of a response, unless its view has said so.

    Pages show who is signed in, and must show changes at once. What is made for a known caller may hold personal data,
    and the answer to a write may hold a secret. Other answers of the API are public, but change at any time.
    """
    if response.has_header("Cache-Control"):
        return
    if response.get("Content-Type", "").startswith("text/html"):
        add_never_cache_headers(response)
    elif is_from_known_caller(request) or request.method not in ("GET", "HEAD"):
        response["Cache-Control"] = "no-store"
    else:
        response["Cache-Control"] = "no-cache"
        patch_vary_headers(response, ["Authorization", "Cookie"])


class ResponseHeaders:
    """Adds a content security policy, a permissions policy and Cache-Control to every response."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_browsable(request.path_info):
            response["Content-Security-Policy"] = policy(request.path_info)
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        limit_caching(request, response)
        return response
