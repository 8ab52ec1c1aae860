"""Checks of what is unsafe in production: `manage.py check --deploy`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution


@register(deploy=True)
def check_production(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.HTTPS:
        found.append(Error("HTTPS is off.", hint="Set HTTPS=on behind TLS.", id="townhall.E001"))
    if not settings.SITE_URL.startswith("https://"):
        found.append(Error("Links in mails are not https.", hint="Set SITE_URL=https://your.host.", id="townhall.E002"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("Every Host is allowed.", hint="Name the hosts in ALLOWED_HOSTS.", id="townhall.E003"))
    if settings.MEDIA_URL.startswith("http:"):
        found.append(
            Error("Images are not https.", hint="Set MEDIA_URL=https://your.cdn/, or leave it out.", id="townhall.E004")
        )
    if settings.EMAIL_BACKEND == "project.server.console_mail.EmailBackend":
        found.append(
            Caution("Mail goes to the console.", hint="Set EMAIL_URL=smtp+tls://name:key@host:587.", id="townhall.W001")
        )
    return found + check_proxies()


def check_proxies() -> list[CheckMessage]:
    """What a forgotten variable does: nothing fails at the start, and no user comes in."""
    if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXIES:
        told = "A proxy stands in front, and its address counts as that of every client: one is locked out, all are."
        return [Caution(told, hint="Set TRUSTED_PROXIES=1.", id="townhall.W002")]
    if settings.HTTPS and not settings.SECURE_PROXY_SSL_HEADER:
        told = "HTTPS is on and no proxy is trusted: behind one, every page redirects to itself."
        return [Caution(told, hint="Set TRUSTED_PROXIES=1, or as many as there are.", id="townhall.W003")]
    return []
