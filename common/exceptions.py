"""Errors that services raise."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException

RETRY_SECONDS = 5  # Retry-After of a 503


class Conflict(APIException):
    """409: the request conflicts with the current data."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This conflicts with data that already exists.")
    default_code = "conflict"


class PayloadTooLarge(APIException):
    """413: the body is larger than the endpoint accepts."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is too large.")
    default_code = "too_large"


class KeyReused(APIException):
    """422: the client sent an Idempotency-Key again, with another request."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("This Idempotency-Key was sent with another request.")
    default_code = "key_reused"


class StorageUnavailable(APIException):
    """503: the storage of uploaded files cannot be reached, or refuses a file."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Service unavailable.")
    default_code = "storage_unavailable"
    wait = RETRY_SECONDS  # DRF sends it as Retry-After


class ServiceBusy(APIException):
    """503: too many requests at once need something that is scarce."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Service unavailable.")
    default_code = "busy"
    wait = RETRY_SECONDS


def violated_constraint(error: IntegrityError) -> str:
    """Returns the name of the constraint that PostgreSQL reports as violated, or "" if it reports none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


def error_message(error: APIException | ValidationError) -> str:
    """Returns the messages of an error as one line for a person, without the names of fields."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return " ".join(messages_of(error.detail))


def messages_of(detail: Any) -> list[str]:
    if isinstance(detail, dict):
        detail = list(detail.values())
    return [text for part in detail for text in messages_of(part)] if isinstance(detail, list) else [str(detail)]
