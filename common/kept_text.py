"""Keeps the text of a form that arrives after its session has ended, and shows it again once its writer has signed in.

The text waits in the session of the browser, which the database holds encrypted, for an hour at most. The page of the
form shows it by GET. Nothing is submitted by itself. Only fields that a view names are kept, so no password or code is.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.http import HttpRequest

SESSION_KEY = "kept_text"
KEEP_FOR = timedelta(hours=1)
MAX_LENGTH = 20_000  # characters of all fields

View = TypeVar("View", bound=Callable[..., Any])


def keeps_text(*names: str) -> Callable[[View], View]:
    """Names the fields of a view's form that are kept. Its page shows them by `common.pages.form_page`."""

    def mark(view: View) -> View:
        view.kept_fields = names  # type: ignore[attr-defined]
        return view

    return mark


def text_keep(request: HttpRequest, view: Any, *, user_ids: Iterable[int], at: datetime) -> bool:
    """Keeps the posted text for any of the users. Returns False if there is none, or it is too long."""
    values = {name: request.POST.get(name, "") for name in getattr(view, "kept_fields", ())}
    users = list(user_ids)
    if request.method != "POST" or not users or not 0 < sum(map(len, values.values())) <= MAX_LENGTH:
        return False
    kept = {"path": request.path, "values": values, "users": users, "at": at.timestamp()}
    request.session[SESSION_KEY] = kept
    return True


def kept_text(request: HttpRequest, *, at: datetime) -> dict[str, str]:
    """Returns what the user typed into the form at this path before, by field."""
    kept = request.session.get(SESSION_KEY)
    if kept is None or kept["path"] != request.path or request.user.pk not in kept["users"]:
        return {}
    is_recent = at.timestamp() - kept["at"] < KEEP_FOR.total_seconds()
    values: dict[str, str] = kept["values"]
    return values if is_recent else {}


def text_forget(request: HttpRequest) -> None:
    """Deletes the kept text once the form at this path is submitted."""
    if request.session.get(SESSION_KEY, {}).get("path") == request.path:
        del request.session[SESSION_KEY]
