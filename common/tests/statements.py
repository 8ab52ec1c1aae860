"""Statements that a test has captured."""

from typing import Any


def statements(captured: Any) -> list[str]:
    """Returns the captured SQL, without the context of the history that is sent before a statement that writes."""
    return [query["sql"].rsplit("; ", 1)[-1] for query in captured]
