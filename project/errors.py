"""Start errors, and one-line descriptions of errors."""

from django.db import OperationalError


class StartError(Exception):
    """Prevents the site from starting. Its message is one line for the operator."""


def first_line(error: BaseException) -> str:
    """Returns the first line of the error's text. PostgreSQL's further lines quote rows and statements."""
    return str(error).strip().partition("\n")[0]


def in_one_line(error: Exception) -> str:
    """Describes an error in one line for the operator."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    line = first_line(error)
    return f"The database does not answer: {line}" if isinstance(error, OperationalError) else line
