"""The mails of the library. settings.MAIL_BUILDERS names the function that builds each kind."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.mail import recipient_of
from common.models import Mail
from common.outbox import Message, mail_enqueue
from rentals.models import Hold


def send_hold_ready(hold: Hold, *, at: datetime) -> None:
    """Queues a mail that tells a resident that a copy is set aside for them. Without an address, nothing is sent."""
    if hold.user.email:
        mail_enqueue(
            kind="rentals.hold_ready",
            recipient=hold.user.email,
            parameters={"user_id": hold.user_id, "hold_id": hold.pk},
            language=settings.LANGUAGE_CODE,  # not that of the request, which is often made by staff
            at=at,
        )


def hold_ready(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the notice that a copy is set aside. Returns None if the hold is no longer ready."""
    hold = Hold.objects.ready().filter(pk=mail.parameters["hold_id"], ready_until__gt=at).select_related("book").first()
    if hold is None or recipient_of(mail) is None:
        return None
    return Message(_("A book is ready for you"), render("hold_ready", hold=hold, link=site_url("pages:rentals")))


def site_url(name: str) -> str:
    return settings.SITE_URL + reverse(name)


def render(template: str, **context: Any) -> str:
    return render_to_string(f"rentals/mail/{template}.txt", context)
