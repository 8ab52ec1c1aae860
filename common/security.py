"""The log of what matters for security: sign-ins, and changes of passwords, rights and tokens."""

import logging
from contextvars import ContextVar
from functools import partial

from django.db import transaction

logger = logging.getLogger("townhall.security")

# The client's address of the request that this thread answers. project.monitoring.requests sets it.
CLIENT_ADDRESS: ContextVar[str | None] = ContextVar("client_address", default=None)


def log_security_event(event: str, *, user_id: int | None = None, by_id: int | None = None, **details: object) -> None:
    """Logs an event once the current transaction is committed, or at once if there is none.

    `user_id` is the account that the event is about, and `by_id` the account that acted, if it is another one. Pass
    ids, never what a person typed: people type passwords into the field for the name.
    """
    fields = {"event": event, "user_id": user_id, "by_id": by_id, "address": CLIENT_ADDRESS.get()}
    shown = {name: value for name, value in {**fields, **details}.items() if name != "event" and value is not None}
    text = " ".join([event, *(f"{name}={value}" for name, value in shown.items())])
    transaction.on_commit(partial(logger.info, "%s", text, extra=fields))
