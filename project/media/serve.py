"""Serves uploaded files, from a folder or a bucket, under URLs of this site."""

import mimetypes
import re

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

STORED_NAME = re.compile(r"[a-z]+/[0-9a-f]{32}\.(jpg|png|webp)\Z")
CACHE_CONTROL = f"public, max-age={365 * 24 * 3600}, immutable"  # the content of a name never changes
CHUNK_BYTES = 64 * 1024


@login_not_required
@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponseBase:
    """Returns a stored image by its random name."""
    if not STORED_NAME.match(name):
        raise Http404
    try:
        if request.method == "HEAD":
            response: HttpResponseBase = HttpResponse()
            size = default_storage.size(name)
        else:
            file = default_storage.open(name)
            response = FileResponse(file)
            response.block_size = CHUNK_BYTES
            size = file.size
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
