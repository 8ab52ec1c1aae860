"""The renderer of JSON responses."""

from typing import Any

from rest_framework import negotiation, renderers
from rest_framework.exceptions import NotAcceptable


class JSONRenderer(renderers.JSONRenderer):
    """DRF's renderer. An error message that quotes a lone surrogate, which UTF-8 cannot encode, is escaped."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            return EscapingRenderer().render(data, accepted_media_type, renderer_context)


class EscapingRenderer(renderers.JSONRenderer):
    ensure_ascii = True


class AlwaysJSON(negotiation.DefaultContentNegotiation):
    """Answers with JSON, not 406, if the client accepts only other formats."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        if len(renderers) == 1 and request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", renderers[0].media_type):
            return renderers[0], renderers[0].media_type  # as DRF does after parsing the header
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type
