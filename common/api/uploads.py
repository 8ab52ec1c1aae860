"""The parser of uploaded files."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.parsers import DataAndFiles, MultiPartParser

from common.exceptions import PayloadTooLarge

MULTIPART_OVERHEAD_BYTES = 16 * 1024  # boundaries and headers around the file


class UploadParser(MultiPartParser):
    """Reads an image of at most IMAGE_MAX_BYTES. A larger body is refused before it is read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> "DataAndFiles[Any, Any]":
        limit = settings.IMAGE_MAX_BYTES
        message = _("The file is larger than %(limit)s bytes.") % {"limit": limit}
        if int(parser_context["request"].META.get("CONTENT_LENGTH") or 0) > limit + MULTIPART_OVERHEAD_BYTES:
            raise PayloadTooLarge(message)
        parsed = super().parse(stream, media_type, parser_context)
        files: dict[str, Any] = parsed.files.dict()
        if any(file.size > limit for file in files.values()):
            raise PayloadTooLarge(message)
        return parsed
