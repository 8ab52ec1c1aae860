"""Errors that services raise."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException

RETRY_SECONDS = 5  # after a 503


class Conflict(APIException):
    """409: the state of things forbids it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("The state of things forbids this.")
    default_code = "conflict"


class PayloadTooLarge(APIException):
    """413: the body is larger than the call takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is too large.")
    default_code = "too_large"


class StorageAway(APIException):
    """503: the place of uploaded files is out of reach, or refuses."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Service unavailable.")
    default_code = "storage_away"
    wait = RETRY_SECONDS  # DRF makes Retry-After of it


def violated_constraint(error: IntegrityError) -> str:
    """The name of the constraint that refused a statement, as PostgreSQL reports it ('' when it tells none)."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


def refusal(error: APIException | ValidationError) -> str:
    """What was said when something was refused, in one line for a person."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return " ".join(sentences(error.detail))


def sentences(detail: Any) -> list[str]:
    if isinstance(detail, dict):
        detail = list(detail.values())
    return [text for part in detail for text in sentences(part)] if isinstance(detail, list) else [str(detail)]
