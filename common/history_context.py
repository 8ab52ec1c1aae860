"""Tells the database who writes: the user or officer, the door and the request id, for its history.

They are one setting of the transaction, which is sent with each statement that writes. So it takes no round trip of
its own, it survives a savepoint that is rolled back, and it ends with the transaction: a kept or pooled connection
never passes it on.
"""

import re
from collections.abc import Callable
from typing import Any

from common.current_request import REQUEST, known_user_id
from common.paths import is_api

# A lock may be sent along with what it is taken for.
WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|WITH|SELECT history_\w+|SELECT pg_advisory_\w+)\b")


def history_context() -> str:
    """Returns the door, the ids of the user and the officer, and the request id, with `-` for what is not known."""
    request = REQUEST.get()
    if request is None:
        return "command - - "
    path = request.path_info
    door = "office" if path.startswith("/admin/") else "api" if is_api(path) else "page"
    # REST framework sets `auth`: to an officer, or to an access token, which has no key.
    officer_id = getattr(vars(request).get("auth"), "pk", None)
    return f"{door} {known_user_id(request) or '-'} {officer_id or '-'} {getattr(request, 'request_id', '')}"


def add_history_context(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Sends the context along with a statement that may write, as one of `execute_wrappers`.

    It must be the innermost of them: the others look at how a statement begins.
    """
    if isinstance(sql, str) and WRITES.match(sql):
        sql = f"SELECT set_config('townhall.context', '{history_context()}', true); {sql}"
    return execute(sql, params, many, context)
