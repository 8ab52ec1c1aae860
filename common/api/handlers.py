"""Turns the exceptions of views into responses."""

import logging
from collections import Counter
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError, models
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed, NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler as drf_exception_handler

from common.exceptions import Conflict, violated_constraint

logger = logging.getLogger(__name__)


def exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Returns DRF's response, also for errors of the database. None leaves the exception to the middleware."""
    if isinstance(exception, models.ProtectedError):
        exception = Conflict(
            _("This cannot be deleted because it is used by %(users)s.") % {"users": describe_protected(exception)}
        )
    elif isinstance(exception, Http404):
        exception = NotFound()  # without the name of the model
    elif isinstance(exception, ModelValidationError):
        exception = ValidationError(as_serializer_error(exception))
    elif isinstance(exception, IntegrityError):
        # Services handle each constraint that a client can violate, so this one is unexpected. The log has only its
        # name: the message of the database quotes the row, which may hold personal data.
        logger.error("No service handles a violation of constraint %r", violated_constraint(exception))
        exception = Conflict()
    elif isinstance(exception, DataError):
        logger.error("The database refused a value that no serializer checks: %s", type(exception.__cause__).__name__)
        exception = ValidationError({"detail": _("A value is out of range.")})
    elif isinstance(exception, AuthenticationFailed) and isinstance(exception.detail, dict):
        exception.detail = exception.detail["detail"]
    response = drf_exception_handler(exception, context)
    if response is not None and isinstance(response.data, list):
        response.data = {"detail": response.data[0]}
    return response


def describe_protected(error: models.ProtectedError) -> str:
    """Returns the rows that refer to the row being deleted, such as "2 rentals, 1 payment"."""
    counts = Counter(type(row)._meta for row in error.protected_objects)
    return ", ".join(
        f"{count} {names.verbose_name if count == 1 else names.verbose_name_plural}" for names, count in counts.items()
    )
