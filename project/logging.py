"""What logs say: commands in lines for people, on stderr; the server in JSON objects, one a line, on stdout."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)

# What must not be in a log, whoever wrote it there: also in a traceback, or in what a library says.
SECRETS = [
    # Links in mails carry a key in their path, also those that a mail program has cut or lengthened.
    (re.compile(r'(/accounts/(?:confirm-email|password/reset)/)[^\s"\\]+'), r"\1…"),
    (re.compile(r"DETAIL: .*?(?=\n\n|\Z)", re.DOTALL), "DETAIL: …"),  # PostgreSQL quotes rows
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "…"),
    (re.compile(r"\b(Bearer|Token|JWT) [\w.~+/=-]{20,}"), r"\1 …"),
    (re.compile(r'(://[^\s"\\:/@]*:)[^\s"\\@]+@'), r"\1…@"),
    (re.compile(r'[^\s"\\<>()\[\],;:=\'/…]+@[\w-]+(?:\.[\w-]+)+'), "…@…"),
]


def hidden(text: str) -> str:
    """The text without tokens, keys, passwords in URLs, and e-mail addresses."""
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return text


class Line(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record))


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
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: hidden(value) if isinstance(value, str) else value for name, value in entry.items()})


class WithoutTraceback(logging.Filter):
    """For what anybody can cause from the outside: the message says it all."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True


def of_commands(level: str) -> dict[str, Any]:
    """The logging of whatever is no server: lines on stderr."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": Line, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
            "json": {"()": Json},
        },
        "filters": {"without_traceback": {"()": WithoutTraceback}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
            "stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level},
            "django.request": {"level": "ERROR"},  # a refusal has its line from project.requests
            "django.security.DisallowedHost": {"filters": ["without_traceback"]},
            "botocore": {"level": "WARNING"},
            "drf_yasg": {"level": "WARNING"},
            "infractions.report": {"level": "INFO"},  # who read whose report, whatever else is left out
        },
    }


def of_server(commands: dict[str, Any]) -> dict[str, Any]:
    """The same, as JSON on stdout, gunicorn's own words included."""
    return {
        **commands,
        "root": {**commands["root"], "handlers": ["stdout"]},
        "loggers": {**commands["loggers"], "gunicorn.error": {"propagate": True}},
    }
