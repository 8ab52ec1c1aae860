"""Forms of pages that create something once, also if the browser sends them again (Back and submit, a double click).

Each form carries a random key in a hidden field. The key is stored in the transaction that creates the row, so that the
database settles two requests at once: the second one waits, and then finds the key. A form without a key, as older
pages have it, is not checked.
"""

import uuid
from datetime import datetime, timedelta

from django.db import connection
from django.http import HttpRequest

from common.models import FormSubmission

FIELD_NAME = "form_key"
KEEP_FOR = timedelta(days=7)  # then `manage.py tidy` deletes the key
INSERT = "INSERT INTO {table} (key, created_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"


class AlreadySubmittedError(Exception):
    """The form was submitted before, and its row exists."""


def form_key(request: HttpRequest) -> str:
    """Returns the key that was posted, so that a corrected form keeps it, or else a new one."""
    return posted_key(request) or str(uuid.uuid4())


def posted_key(request: HttpRequest) -> str | None:
    try:
        return str(uuid.UUID(request.POST.get(FIELD_NAME, "")))
    except ValueError:
        return None


def submission_record(request: HttpRequest, *, at: datetime) -> None:
    """Stores the key of the posted form in the caller's transaction. Raises AlreadySubmittedError if it is there."""
    key = posted_key(request)
    if key is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(table=FormSubmission._meta.db_table), [key, at])
        if not cursor.rowcount:
            raise AlreadySubmittedError
