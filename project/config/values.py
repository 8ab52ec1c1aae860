"""Casts for environment variables. Each raises ValueError with a description of valid values."""

import re
from collections.abc import Callable
from decimal import Decimal
from email.utils import parseaddr
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from environ import Env
from psycopg2 import ProgrammingError
from psycopg2.extensions import make_dsn

from common.rates import Rate

T = TypeVar("T")
Cast = Callable[[str], T]
ENGINE = "project.database.engine"  # a subclass that counts errors
# A vanished server is noticed within 30 seconds. TCP's own timeout is 15 minutes.
CONNECTION_OPTIONS = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 15,  # seconds
    "keepalives_interval": 5,  # seconds
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}
MAIL_PORTS = {"smtp": 25, "smtps": 587, "smtp+tls": 587, "smtp+ssl": 465}


def valid(meaning: str, cast: Cast[T], is_valid: Callable[[str], object] = bool) -> Cast[T]:
    """Returns a cast whose errors describe valid values and do not quote the text."""

    def parse(text: str) -> T:
        try:
            if is_valid(text):
                return cast(text)
        except (ValueError, LookupError, OSError, ImproperlyConfigured, ProgrammingError):
            pass
        raise ValueError(meaning)

    return parse


def matching(pattern: str, meaning: str, cast: Cast[Any] = str) -> Cast[Any]:
    return valid(meaning, cast, re.compile(pattern).fullmatch)


def number(minimum: int, maximum: int) -> Cast[int]:
    meaning = f"a whole number from {minimum} to {maximum}"
    return valid(meaning, int, lambda text: re.fullmatch("[0-9]{1,10}", text) and minimum <= int(text) <= maximum)


def comma_separated(pattern: str, meaning: str) -> Cast[list[str]]:
    word = matching(pattern, meaning)
    return lambda text: [word(part.strip()) for part in text.split(",") if part.strip()]


def key(*, other_than: str = "") -> Cast[str]:
    """Returns a cast for a signing key. A second key must differ: a leak of one must not disclose the other."""

    def is_strong(text: str) -> bool:
        is_random = len(text) >= 50 and len(set(text)) >= 10 and not text.startswith("django-insecure-")
        return is_random and text != other_than

    return valid("at least 50 random characters" + ", other than SECRET_KEY" * bool(other_than), str, is_strong)


def keys(*, other_than: set[str]) -> Cast[list[str]]:
    """Returns a cast for one or more keys, separated by commas. Each is as strong as that of `key`, and differs."""
    is_key = key()

    def split(text: str) -> list[str]:
        found = [is_key(part.strip()) for part in text.split(",")]
        if other_than.intersection(found):
            raise ValueError
        return found

    return valid("keys of at least 50 random characters, other than the other keys, separated by commas", split)


def database_settings(url: str) -> dict[str, Any]:
    """Returns Django's settings for a PostgreSQL URL. Options in its query override CONNECTION_OPTIONS."""
    config = Env.db_url_config(url, engine=ENGINE)
    options = CONNECTION_OPTIONS | config.get("OPTIONS", {})
    make_dsn(**options)
    if not config["NAME"]:
        raise ValueError
    return {**config, "OPTIONS": options}


def mail_settings(url: str) -> dict[str, Any]:
    """Returns Django's settings for a mail server's URL."""
    config = Env.email_url_config(url)
    if config["EMAIL_BACKEND"] == Env.EMAIL_SCHEMES["smtp"] and not config["EMAIL_HOST"]:
        raise ValueError
    if config["EMAIL_BACKEND"] == Env.EMAIL_SCHEMES["consolemail"]:
        config["EMAIL_BACKEND"] = "project.server.console_mail.EmailBackend"
    return {**config, "EMAIL_PORT": config["EMAIL_PORT"] or MAIL_PORTS.get(url.partition(":")[0])}


# The scheme is checked first, because django-environ warns of an unknown one and quotes the password.
database = valid(
    "postgresql://user:password@host:5432/name",
    database_settings,
    lambda url: Env.DB_SCHEMES.get(url.partition("://")[0]) == "django.db.backends.postgresql",
)
mail = valid("smtp+tls://user:password@host:587, smtp+ssl://user:password@host:465 or consolemail://", mail_settings)
sender = valid(
    "a sender such as Town hall <townhall@town.example>",
    str,
    lambda text: "\n" not in text and re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(text)[1]),
)
boolean = matching("(?i:on|true|yes|1|off|false|no|0)", "on or off", lambda text: bool(Env.parse_value(text, bool)))
money = matching(r"[0-9]{1,8}(\.[0-9]{1,2})?", "an amount such as 25.00", Decimal)
log_level = matching("(?i:debug|info|warning|error|critical)", "DEBUG, INFO, WARNING, ERROR, CRITICAL", str.upper)
rate = valid("a rate such as 10/min", str, Rate.parse)
time_zone = valid("a time zone such as Europe/Madrid", lambda text: ZoneInfo(text).key)
# The issuer of an identity provider. Without TLS, what it says could be forged on the way, so http is for tests only.
oidc_issuer = matching(
    r"(https://[^\s/?#]+|http://(localhost|127\.0\.0\.1)(:[0-9]+)?)(/[^\s?#]{0,100})?",
    "the issuer's address, such as https://id.town.example/realms/town",
    lambda text: text.rstrip("/"),
)
# A header's WSGI name, and the value that marks a request as encrypted.
header = matching(
    r"HTTP_[A-Z0-9_]+,\s*[^\s,]+",
    "a header and its value, such as HTTP_X_FORWARDED_PROTO,https",
    lambda text: tuple(map(str.strip, text.split(","))),
)
# The URL under which browsers find images; it ends with a slash.
media_url = matching(
    r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?",
    "an address such as https://cdn.example/",
    lambda text: text.rstrip("/") + "/",
)
