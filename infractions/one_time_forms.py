"""Questions that are answered once: a browser that reloads the page which came of an answer sends the answer again."""

import secrets

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

KEPT, FIELD = "asked", "once"
OPEN_AT_MOST = 20  # in one session; the oldest gives way


def ask(request: HttpRequest) -> str:
    """A value for the form of a question, which answers it once."""
    value = secrets.token_urlsafe(16)
    request.session[KEPT] = [*request.session.get(KEPT, []), value][-OPEN_AT_MOST:]
    return value


@transaction.atomic
def answered(request: HttpRequest) -> bool:
    """Whether the request answers a question that was open, which it no longer is.

    The row is locked, and read anew: of two answers at once, as a double click sends them, one counts.
    """
    row = Session.objects.select_for_update().filter(pk=request.session.session_key).first()
    still_open, given = row.get_decoded().get(KEPT, []) if row else [], request.POST.get(FIELD)
    request.session[KEPT] = [value for value in still_open if value != given]
    if given not in still_open:
        return False
    request.session.save()
    return True
