"""Uploaded files, where no web server or object store serves them."""

import mimetypes
import re

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest

STORED = re.compile(r"[a-z]+/[0-9a-f]{32}\.(jpg|png|webp)\Z")


def serve(request: HttpRequest, name: str) -> FileResponse:
    """A stored image under its random name; a name never changes its content, so it may be cached for ever."""
    if not STORED.match(name) or not default_storage.exists(name):
        raise Http404
    return FileResponse(default_storage.open(name), content_type=mimetypes.guess_type(name)[0])
