"""Errors that keep the site from starting, and how an error is told in one line."""

from django.db import OperationalError


class StartError(Exception):
    """What keeps it from starting, in one line for whoever sits at the terminal."""


def first_line(error: BaseException) -> str:
    """The first line of its text: what PostgreSQL adds below quotes rows and statements."""
    return str(error).strip().partition("\n")[0]


def in_one_line(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    line = first_line(error)
    return f"The database does not answer: {line}" if isinstance(error, OperationalError) else line
