"""JSON as it goes out."""

from typing import Any

from rest_framework import negotiation, renderers
from rest_framework.exceptions import NotAcceptable


class JSONRenderer(renderers.JSONRenderer):
    """DRF's renderer, also for an error message that quotes a lone surrogate: UTF-8 cannot hold one, an escape can."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            return EscapingRenderer().render(data, accepted_media_type, renderer_context)


class EscapingRenderer(renderers.JSONRenderer):
    ensure_ascii = True


class AlwaysJSON(negotiation.DefaultContentNegotiation):
    """A caller who asks for what there is not gets JSON, not 406."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type
