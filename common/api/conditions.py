"""Conditional requests, by RFC 9110: a change that overwrites somebody else's is refused.

The response of one row that PUT or PATCH can change has an `ETag`, a hash of its body. A client that sends it back as
`If-Match` with PUT, PATCH or DELETE changes the row only if it is still as the client has read it.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.renderers import JSONRenderer

HASH_LENGTH = 32  # hexadecimal digits
Row = TypeVar("Row", bound=models.Model)


class PreconditionFailed(APIException):
    """412: the row has changed since the client read it."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = _("This has changed since you read it. Read it again.")
    default_code = "precondition_failed"


def etag_of(data: Any) -> str:
    """Returns the ETag of a response body, before it is rendered."""
    return quote_etag(hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:HASH_LENGTH])


def add_etag(request: Request, response: Response) -> Response:
    """Adds an ETag to the response of one row, and answers 304 if the client has this version already."""
    if response.status_code != status.HTTP_200_OK or request.method not in ("GET", "HEAD", "PUT", "PATCH"):
        return response
    etag = etag_of(response.data)
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if request.method in ("GET", "HEAD") and known and (known == ["*"] or etag in known):
        response.data, response.status_code = None, status.HTTP_304_NOT_MODIFIED
    response.headers["ETag"] = etag
    return response


@contextmanager
def unchanged(request: Request, get_row: Callable[[], Row], read: Callable[[Row], Any]) -> Iterator[None]:
    """Runs a change of a row, if the row is as `If-Match` says. Without that header it just runs.

    The row is locked before it is read, so that of two changes with the same `If-Match` one succeeds. `read` returns
    the body of a row's response. Raises PreconditionFailed.
    """
    expected = request.META.get("HTTP_IF_MATCH")
    if expected is None:
        yield
        return
    with transaction.atomic():
        found = get_row()
        type(found)._default_manager.select_for_update().only("pk").get(pk=found.pk)
        tags = parse_etags(expected)
        if tags != ["*"] and etag_of(read(get_row())) not in tags:
            raise PreconditionFailed
        yield
