"""The request that is being answered."""

from contextvars import ContextVar

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

# The request that this thread answers; None in a command. project.monitoring.requests sets it.
REQUEST: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def known_user_id(request: HttpRequest) -> int | None:
    """Returns the user's id if the view has loaded the user. Logs and the history must not query the database."""
    user = vars(request).get("user")
    if isinstance(user, SimpleLazyObject):
        user = vars(request).get("_cached_user")
    return getattr(user, "pk", None)
