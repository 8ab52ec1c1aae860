"""Responses to OPTIONS."""

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request
from rest_framework.views import APIView


class Metadata(SimpleMetadata):
    """Describes a view without the fields of its bodies: Swagger has them, and DRF would read the row to list them."""

    def determine_actions(self, request: Request, view: APIView) -> dict[str, Any]:
        return {}
