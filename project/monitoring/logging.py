"""Logging: commands write lines to stderr, the server writes JSON objects to stdout, one per line."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)

# In characters. A longer message contains text that a client sent.
MAX_MESSAGE_LENGTH = 2_000
MAX_TRACEBACK_LENGTH = 20_000

# Patterns of text that must not appear in a log, with their replacements. They also apply to tracebacks and to messages
# of libraries. Each quantifier is bounded, so that matching takes time linear in the length of a client's text. A text
# is searched only if it has the part, in lower case, that each match has: most lines have none of them.
SECRET_PATTERNS = [
    # Links in emails carry a key in their path. Email programs may have cut or lengthened them.
    (
        "/accounts/",
        re.compile(r'(/accounts/(?:confirm-email|password/reset)/)[^\s"\\]+', re.IGNORECASE),
        r"\1…",
    ),
    ("detail: ", re.compile(r"DETAIL: .*?(?=\n\n|\Z)", re.DOTALL), "DETAIL: …"),  # PostgreSQL quotes rows
    ("?", re.compile(r"""(?<=[\w/%~.-])\?[^\s"'\\<>]{2,}"""), "?…"),  # query strings
    ("eyj", re.compile(r"\beyJ[\w-]{1,1000}\.[\w-]{1,2000}\.[\w-]{0,1000}"), "…"),  # JSON Web Tokens
    (" ", re.compile(r"\b(Bearer|Token|JWT) [\w.~+/=-]{20,}"), r"\1 …"),
    ("://", re.compile(r'(://[^\s"\\:/@]{0,100}:)[^\s"\\@]{1,200}@'), r"\1…@"),  # passwords in URLs
    (
        "@",  # email addresses
        re.compile(r"""(?<![^\s"\\<>()\[\],;:='/…@])[^\s"\\<>()\[\],;:='/…@]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"""),
        "…@…",
    ),
]


def redact(text: str, max_length: int = MAX_MESSAGE_LENGTH) -> str:
    """Cuts the text to a length and replaces query strings, tokens, keys, passwords in URLs and email addresses."""
    if len(text) > max_length:
        text = f"{text[:max_length]}…"
    folded = text.casefold()
    for part, pattern, replacement in SECRET_PATTERNS:
        if part in folded:
            text = pattern.sub(replacement, text)
    return text


class LineFormatter(logging.Formatter):
    """Formats a record as text for people."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), MAX_TRACEBACK_LENGTH)


class JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object for programs.

    Only the attributes in `extras` are copied: Django's records also hold the request, with its query string. To add a
    field to the line of each request, set it in project.monitoring.requests.log_request and name it here.
    """

    extras = ("method", "path", "status", "duration_ms", "user_id", "event", "by_id", "address")

    def format(self, record: logging.LogRecord) -> str:
        request_id = REQUEST_ID.get()  # which a client may choose
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            "request_id": redact(request_id) if request_id else None,
        }
        for name in self.extras:
            if name in vars(record):
                value = vars(record)[name]
                entry[name] = redact(value) if isinstance(value, str) else value
        if record.exc_info:
            entry["exception"] = redact(self.formatException(record.exc_info), MAX_TRACEBACK_LENGTH)
        return json.dumps(entry)


class LowerSuspiciousOperations(logging.Filter):
    """Makes warnings without a traceback of Django's errors about suspicious requests, which any visitor can cause.

    A filter of a handler, because those of a logger do not see the records of its children.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


class RedactInvalidRequests(logging.Filter):
    """Removes quoted text from gunicorn's warnings about invalid requests: it may be a cookie or a query string."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], OSError):  # the client disconnected or timed out
            record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
        if record.levelno == logging.WARNING:
            record.msg, record.args = re.sub(r"'.*'", "'…'", record.getMessage(), flags=re.DOTALL), None
        return True


class RequireTraceback(logging.Filter):
    """Drops Django's records about error responses without an exception.

    project.monitoring.requests already logs a line for each of these responses.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


def command_logging(level: str) -> dict[str, Any]:
    """Returns the LOGGING setting for commands: lines on stderr."""
    # At DEBUG, libraries log the data they process, including forms and headers. DEBUG is for our own loggers only.
    library_level = "INFO" if level == "DEBUG" else level
    handler = {"class": "logging.StreamHandler", "filters": ["lower_suspicious_operations"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": LineFormatter, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
            "json": {"()": JsonFormatter},
        },
        "filters": {
            "lower_suspicious_operations": {"()": LowerSuspiciousOperations},
            "redact_invalid_requests": {"()": RedactInvalidRequests},
            "require_traceback": {"()": RequireTraceback},
        },
        "handlers": {
            "stderr": {"formatter": "line", **handler},
            "stdout": {"formatter": "json", "stream": "ext://sys.stdout", **handler},
        },
        "root": {"handlers": ["stderr"], "level": library_level},
        "loggers": {
            "project": {"level": level},
            "django": {"level": library_level},
            "django.request": {"level": "ERROR", "filters": ["require_traceback"]},
            "botocore": {"level": "WARNING"},
            "drf_yasg": {"level": "WARNING"},
            # The two audit trails are written at any LOG_LEVEL: who read which report, and common.security.
            "infractions.views.report": {"level": "INFO"},
            "townhall.security": {"level": "INFO"},
        },
    }


def server_logging(commands: dict[str, Any]) -> dict[str, Any]:
    """Returns the logging configuration of the server: that of commands as JSON on stdout, including gunicorn's log."""
    return {
        **commands,
        "root": {**commands["root"], "handlers": ["stdout"]},
        "loggers": {
            **commands["loggers"],
            "gunicorn.error": {"propagate": True, "filters": ["redact_invalid_requests"]},
        },
    }
