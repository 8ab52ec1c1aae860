"""Uploaded files, where no web server or object store serves them."""

import mimetypes
import re

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import cache_control

STORED = re.compile(r"[a-z]+/[0-9a-f]{32}\.(jpg|png|webp)\Z")


@login_not_required
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def serve(request: HttpRequest, name: str) -> FileResponse:
    """A stored image under its random name; a name never changes its content, so it may be cached for ever."""
    if not STORED.match(name) or not default_storage.exists(name):
        raise Http404
    return FileResponse(default_storage.open(name), content_type=mimetypes.guess_type(name)[0])
