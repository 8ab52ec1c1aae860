"""Uploaded files, from the folder or the bucket, under URLs of this site."""

import mimetypes
import re

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

STORED = re.compile(r"[a-z]+/[0-9a-f]{32}\.(jpg|png|webp)\Z")
CACHE_CONTROL = f"public, max-age={365 * 24 * 3600}, immutable"  # a name never changes its content
CHUNK_BYTES = 64 * 1024


@login_not_required
@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponseBase:
    """A stored image under its random name."""
    if not STORED.match(name):
        raise Http404
    try:
        size, response = head(name) if request.method == "HEAD" else content(name)
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {
        "Content-Type": mimetypes.guess_type(name)[0] or "",
        "Content-Length": str(size),
        "Cache-Control": CACHE_CONTROL,
    }
    for header, value in headers.items():
        response[header] = value
    return response


def head(name: str) -> tuple[int, HttpResponseBase]:
    return default_storage.size(name), HttpResponse()


def content(name: str) -> tuple[int, HttpResponseBase]:
    file = default_storage.open(name)
    response = FileResponse(file)
    response.block_size = CHUNK_BYTES
    return file.size, response
