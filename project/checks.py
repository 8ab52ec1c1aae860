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
    if settings.EMAIL_BACKEND == "project.console_mail.EmailBackend":
        found.append(
            Caution("Mail goes to the console.", hint="Set EMAIL_URL=smtp+tls://name:key@host:587.", id="townhall.W001")
        )
    return found
