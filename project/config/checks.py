"""System checks for production: `manage.py check --deploy`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register


@register(deploy=True)
def check_production(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.HTTPS:
        found.append(Error("HTTPS is off.", hint="Serve the site over TLS and set HTTPS=on.", id="townhall.E001"))
    if not settings.SITE_URL.startswith("https://"):
        found.append(
            Error(
                "Links in mails do not start with https://.", hint="Set SITE_URL=https://your.host.", id="townhall.E002"
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error("ALLOWED_HOSTS allows every host.", hint="List your host names in ALLOWED_HOSTS.", id="townhall.E003")
        )
    if settings.MEDIA_URL.startswith("http:"):
        found.append(
            Error("MEDIA_URL is not https.", hint="Set MEDIA_URL=https://your.cdn/ or unset it.", id="townhall.E004")
        )
    if settings.EMAIL_BACKEND == "project.server.console_mail.EmailBackend":
        found.append(
            checks.Warning(
                "Mails are written to the console, not sent.",
                hint="Set EMAIL_URL=smtp+tls://user:password@host:587.",
                id="townhall.W001",
            )
        )
    return found + check_proxies()


def check_proxies() -> list[CheckMessage]:
    """Finds missing proxy settings: the site starts without them, but users are locked out or redirected forever."""
    if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXIES:
        message = "The site is behind a proxy but does not trust it: all clients share one address and its throttles."
        return [checks.Warning(message, hint="Set TRUSTED_PROXIES=1.", id="townhall.W002")]
    if settings.HTTPS and not settings.SECURE_PROXY_SSL_HEADER:
        message = "HTTPS is on but no proxy is trusted: behind a proxy, every page redirects to itself."
        return [checks.Warning(message, hint="Set TRUSTED_PROXIES to the number of proxies.", id="townhall.W003")]
    return []
