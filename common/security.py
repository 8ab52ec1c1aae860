"""The log of what matters for security: sign-ins, and changes of passwords, rights and tokens."""

import logging
from functools import partial

from django.db import transaction

from common.current_request import REQUEST, known_user_id
from common.throttling import client_address

logger = logging.getLogger("townhall.security")


def log_security_event(event: str, *, user_id: int | None = None, by_id: int | None = None, **details: object) -> None:
    """Logs an event once the current transaction is committed, or at once if there is none.

    `user_id` is the account that the event is about. `by_id` is the account that acted, if it is another one; without
    it the user of the request. Pass ids, never what a person typed: people type passwords into the field for the name.
    """
    request = REQUEST.get()
    if request is not None:
        by_id = by_id or known_user_id(request)
    fields = {
        "event": event,
        "user_id": user_id,
        "by_id": None if by_id == user_id else by_id,
        "address": None if request is None else client_address(request),
    }
    shown = {name: value for name, value in {**fields, **details}.items() if name != "event" and value is not None}
    text = " ".join([event, *(f"{name}={value}" for name, value in shown.items())])
    transaction.on_commit(partial(logger.info, "%s", text, extra=fields))
