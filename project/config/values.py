"""Parsers for environment variables. Each raises ValueError with a description of valid values."""

import re
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg2 import ProgrammingError
from psycopg2.extensions import make_dsn

from common.rates import Rate

BOOLEANS = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
DJANGO_ENGINE = "django.db.backends.postgresql"
ENGINE = "project.database.engine"  # a subclass that counts errors
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
# A vanished server is noticed within 30 seconds. TCP's own timeout is 15 minutes.
CONNECTION_OPTIONS = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 15,  # seconds
    "keepalives_interval": 5,  # seconds
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}
CONSOLE_BACKEND = "django.core.mail.backends.console.EmailBackend"
MAIL_PORTS = {"smtp": 25, "smtps": 587, "smtp+tls": 587, "smtp+ssl": 465}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def boolean(text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise ValueError("on or off")
    return BOOLEANS[text.lower()]


def number(minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]{1,10}", text) or not minimum <= int(text) <= maximum:
            raise ValueError(f"a whole number from {minimum} to {maximum}")
        return int(text)

    return parse


def matching(pattern: str, meaning: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(meaning)
        return text

    return parse


def comma_separated(pattern: str, meaning: str) -> Callable[[str], list[str]]:
    """Returns a parser for a comma-separated list of words that match the pattern."""
    word = matching(pattern, meaning)
    return lambda text: [word(part.strip()) for part in text.split(",") if part.strip()]


def key(text: str) -> str:
    """Parses a signing key."""
    if is_weak_key(text):
        raise ValueError("at least 50 random characters")
    return text


def key_other_than(first: str) -> Callable[[str], str]:
    """Returns a parser for a second key, which must differ: a leak of one key must not disclose the other."""

    def parse(text: str) -> str:
        if is_weak_key(text) or text == first:
            raise ValueError("at least 50 random characters, other than SECRET_KEY")
        return text

    return parse


def is_weak_key(text: str) -> bool:
    """Returns whether a key is short, has few different characters or is Django's placeholder."""
    return len(text) < 50 or len(set(text)) < 10 or text.startswith("django-insecure-")


def database(url: str) -> dict[str, Any]:
    """Returns Django's settings for a PostgreSQL URL. Options in its query override CONNECTION_OPTIONS."""
    meaning = "postgresql://user:password@host:5432/name"
    if environ.Env.DB_SCHEMES.get(url.partition("://")[0]) != DJANGO_ENGINE:
        raise ValueError(meaning)
    try:
        config = environ.Env.db_url_config(url)
        options = CONNECTION_OPTIONS | config.get("OPTIONS", {})
        make_dsn(**options)
    except (ValueError, ProgrammingError):
        raise ValueError(meaning) from None
    if not config["NAME"]:
        raise ValueError(meaning)
    return {**config, "ENGINE": ENGINE, "OPTIONS": options}


def mail(url: str) -> dict[str, Any]:
    """Returns Django's settings for a mail server's URL."""
    meaning = "smtp+tls://user:password@host:587, smtp+ssl://user:password@host:465 or consolemail://"
    try:
        config = environ.Env.email_url_config(url)
    except (ValueError, ImproperlyConfigured):
        raise ValueError(meaning) from None
    if config["EMAIL_BACKEND"] == SMTP_BACKEND and not config["EMAIL_HOST"]:
        raise ValueError(meaning)
    if config["EMAIL_BACKEND"] == CONSOLE_BACKEND:
        config["EMAIL_BACKEND"] = "project.server.console_mail.EmailBackend"
    return {**config, "EMAIL_PORT": config["EMAIL_PORT"] or MAIL_PORTS.get(url.partition("://")[0])}


def sender(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(text)[1]) or "\n" in text:
        raise ValueError("a sender such as Town hall <townhall@town.example>")
    return text


def time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("a time zone such as Europe/Madrid") from None
    return text


def log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(", ".join(LOG_LEVELS))
    return text.upper()


def header(text: str) -> tuple[str, str]:
    """Parses SECURE_PROXY_SSL_HEADER: a header's WSGI name, and the value that marks a request as encrypted."""
    match = re.fullmatch(r"(HTTP_[A-Z0-9_]+),\s*([^\s,]+)", text)
    if match is None:
        raise ValueError("a header and its value, such as HTTP_X_FORWARDED_PROTO,https")
    return match[1], match[2]


def media_url(text: str) -> str:
    """Parses the URL under which browsers find images, and ends it with a slash."""
    address = matching(
        r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?", "an address such as https://cdn.example/"
    )
    return address(text).rstrip("/") + "/"


def rate(text: str) -> str:
    try:
        Rate.parse(text)
    except ImproperlyConfigured:
        raise ValueError("a rate such as 10/min") from None
    return text
