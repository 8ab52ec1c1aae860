"""What logs say: commands in lines for people, on stderr; the server in JSON objects, one a line, on stdout."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)

LONGEST = 2_000  # characters of a message; what is longer was written by a client
LONGEST_TRACEBACK = 20_000

# What must not be in a log, whoever wrote it there: also in a traceback, or in what a library says. Each is bounded, so
# that a client's text costs no more time than its length.
SECRETS = [
    # Links in mails carry a key in their path, also those that a mail program has cut or lengthened.
    (re.compile(r'(/accounts/(?:confirm-email|password/reset)/)[^\s"\\]+', re.IGNORECASE), r"\1…"),
    (re.compile(r"DETAIL: .*?(?=\n\n|\Z)", re.DOTALL), "DETAIL: …"),  # PostgreSQL quotes rows
    (re.compile(r"""(?<=[\w/%~.-])\?[^\s"'\\<>]{2,}"""), "?…"),  # queries
    (re.compile(r"\beyJ[\w-]{1,1000}\.[\w-]{1,2000}\.[\w-]{0,1000}"), "…"),
    (re.compile(r"\b(Bearer|Token|JWT) [\w.~+/=-]{20,}"), r"\1 …"),
    (re.compile(r'(://[^\s"\\:/@]{0,100}:)[^\s"\\@]{1,200}@'), r"\1…@"),
    (
        re.compile(r"""(?<![^\s"\\<>()\[\],;:='/…@])[^\s"\\<>()\[\],;:='/…@]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"""),
        "…@…",
    ),
]


def hidden(text: str, longest: int = LONGEST) -> str:
    """The text without queries, tokens, keys, passwords in URLs, and e-mail addresses; cut where it is longer."""
    if len(text) > longest:
        text = f"{text[:longest]}…"
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return text


class Line(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record), LONGEST_TRACEBACK)


class Json(logging.Formatter):
    """An object for programs. It takes what it knows: a record of Django's holds the request with its query, too."""

    extras = ("method", "path", "status", "duration_ms", "user_id")

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": REQUEST_ID.get(),
        }
        entry |= {name: value for name, value in vars(record).items() if name in self.extras}
        entry = {name: hidden(value) if isinstance(value, str) else value for name, value in entry.items()}
        if record.exc_info:
            entry["exception"] = hidden(self.formatException(record.exc_info), LONGEST_TRACEBACK)
        return json.dumps(entry)


class WithoutTraceback(logging.Filter):
    """For what anybody can cause from the outside: the message says it all."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True


class WithoutQuotes(logging.Filter):
    """For gunicorn's words about requests that it could not read: what it quotes may be a cookie or a query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], OSError):  # the client went away, or silent
            record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
        if record.levelno == logging.WARNING:
            record.msg, record.args = re.sub(r"'.*'", "'…'", record.getMessage(), flags=re.DOTALL), None
        return True


class WithTraceback(logging.Filter):
    """For Django's words about answers that are errors: each has its line from project.monitoring.requests already."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


def of_commands(level: str) -> dict[str, Any]:
    """The logging of whatever is no server: lines on stderr."""
    # At DEBUG libraries write down what they work on, forms and headers included: that is for our own words alone.
    others = "INFO" if level == "DEBUG" else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": Line, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
            "json": {"()": Json},
        },
        "filters": {
            "without_traceback": {"()": WithoutTraceback},
            "without_quotes": {"()": WithoutQuotes},
            "with_traceback": {"()": WithTraceback},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
            "stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"},
        },
        "root": {"handlers": ["stderr"], "level": others},
        "loggers": {
            "project": {"level": level},
            "django": {"level": others},
            "django.request": {"level": "ERROR", "filters": ["with_traceback"]},
            "django.security.DisallowedHost": {"filters": ["without_traceback"]},
            "botocore": {"level": "WARNING"},
            "drf_yasg": {"level": "WARNING"},
            "infractions.views.report": {"level": "INFO"},  # who read whose report, whatever else is left out
        },
    }


def of_server(commands: dict[str, Any]) -> dict[str, Any]:
    """The same, as JSON on stdout, gunicorn's own words included."""
    return {
        **commands,
        "root": {**commands["root"], "handlers": ["stdout"]},
        "loggers": {**commands["loggers"], "gunicorn.error": {"propagate": True, "filters": ["without_quotes"]}},
    }
