"""CSV files between their preview and their import, and how far an import is."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from common.models import CsvUpload

logger = logging.getLogger(__name__)

MAX_AGE = timedelta(seconds=settings.IMPORT_MAX_AGE)
REPORT_SECONDS = 0.3  # between two reports


def upload_store(*, owner: str, text: str, digest: str, at: datetime) -> CsvUpload:
    return CsvUpload.objects.create(owner=owner, text=text, digest=digest, created_at=at)


def upload_lock(*, key: str, owner: str, at: datetime) -> CsvUpload:
    """Returns an upload of this owner. Another transaction that asks for it waits until this one ends.

    Raises ValidationError if there is none, or if it has expired and was not imported.
    """
    upload = upload_find(key=key, owner=owner)
    if upload is not None:
        # Not a lock of the row: the progress is written to it over another connection.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [upload.pk.int >> 65])
        upload = upload_find(key=key, owner=owner)
    if upload is None:
        raise ValidationError(_("This file does not match your preview. Upload the file again."))
    if upload.counts is None and upload.created_at <= at - MAX_AGE:
        raise ValidationError(_("The preview has expired. Upload the file again."))
    return upload


def upload_find(*, key: str, owner: str) -> CsvUpload | None:
    try:
        return CsvUpload.objects.filter(pk=key, owner=owner).first()
    except ValidationError:  # the key is not one
        return None


def upload_finish(*, upload: CsvUpload, counts: dict[str, int]) -> None:
    """Keeps what was imported instead of the file, in the transaction that imports the rows."""
    CsvUpload.objects.filter(pk=upload.pk).update(counts=counts, text="")


class Progress:
    """Writes how far an import is over a connection of its own, so that others see it before the import ends."""

    def __init__(self, upload: CsvUpload, other: Any) -> None:
        self.upload, self.other, self.next = upload, other, 0.0

    def __call__(self, percent: int) -> None:
        if monotonic() < self.next:
            return
        self.next = monotonic() + REPORT_SECONDS
        try:
            with self.other.cursor() as cursor:
                cursor.execute("UPDATE common_csvupload SET percent = %s WHERE id = %s", [percent, self.upload.pk])
        except DatabaseError as error:  # the import goes on
            logger.warning("The progress of an import was not stored: %s", type(error).__name__)


@contextmanager
def progress_of(upload: CsvUpload) -> Iterator[Progress]:
    other: Any = connection.copy()
    try:
        yield Progress(upload, other)
    finally:
        other.close()
