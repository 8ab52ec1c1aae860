"""Forms that can be submitted once.

A browser that reloads the page after a POST sends the POST again. On a page that shows a new token, that would
replace the token that was just copied.
"""

import secrets

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from accounts.session_store import stored_key

SESSION_KEY = "one_time_forms"
FIELD_NAME = "form_nonce"
MAX_OPEN_FORMS = 20  # in one session; the oldest one is dropped


def nonce_create(request: HttpRequest) -> str:
    """Returns a value for the hidden field FIELD_NAME of a form, which then can be submitted once."""
    nonce = secrets.token_urlsafe(16)
    request.session[SESSION_KEY] = [*request.session.get(SESSION_KEY, []), nonce][-MAX_OPEN_FORMS:]
    return nonce


@transaction.atomic
def nonce_use(request: HttpRequest) -> bool:
    """Returns whether the request submits an open form, and closes that form.

    The row of the session is locked and read again, so that only one of two requests at once succeeds (a double click).
    """
    key = request.session.session_key
    row = Session.objects.select_for_update().filter(pk=stored_key(key)).first() if key else None
    open_forms = request.session.decode(row.session_data).get(SESSION_KEY, []) if row else []
    nonce = request.POST.get(FIELD_NAME)
    request.session[SESSION_KEY] = [other for other in open_forms if other != nonce]
    if nonce not in open_forms:
        return False
    request.session.save()
    return True
