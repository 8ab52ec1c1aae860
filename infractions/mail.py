"""The mails about objections: one to the traffic office, and one to the owner.

No mail to the traffic office holds what the owner wrote. Its link opens the objection in the back office.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from common.models import Mail
from common.outbox import Message, mail_enqueue, titled
from infractions.models import Objection

MAX_STAFF = 50  # members of the traffic office who are told, where no address is set


def send_objection_created(objection: Objection, *, at: datetime) -> None:
    """Queues a mail to OBJECTIONS_EMAIL, or else to each member of staff who may answer."""
    for recipient in [settings.OBJECTIONS_EMAIL] if settings.OBJECTIONS_EMAIL else staff_addresses():
        mail_enqueue(
            kind="infractions.objection_created",
            recipient=recipient,
            parameters={"objection_id": objection.pk},
            language=settings.LANGUAGE_CODE,
            at=at,
        )


def staff_addresses() -> list[str]:
    """Returns the addresses of the active staff with the permission to answer, without superusers."""
    staff = User.objects.with_perm("infractions.change_infraction", include_superusers=False)
    return list(staff.filter(~Q(email=""), is_active=True).order_by("pk").values_list("email", flat=True)[:MAX_STAFF])


def send_objection_answered(objection: Objection, *, at: datetime) -> None:
    """Queues a mail to the account that objected, in the language in which it did."""
    if objection.by.is_active and objection.by.email:
        mail_enqueue(
            kind="infractions.objection_answered",
            recipient=objection.by.email,
            parameters={"objection_id": objection.pk, "user_id": objection.by_id},
            language=objection.language,
            at=at,
        )


@titled(gettext_lazy("New objection to an infraction"))
def objection_created(mail: Mail, *, at: datetime) -> Message:
    """Builds the mail to the traffic office."""
    objection = objection_of(mail)
    link = settings.SITE_URL + reverse("admin:infractions_objection_change", args=[objection.pk])
    return message(_("New objection to an infraction"), mail, objection, link)


@titled(gettext_lazy("Answer to an objection"))
def objection_answered(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the mail to the owner. Returns None if the account was closed or has another address by now."""
    objection = objection_of(mail)
    if not objection.by.is_active or objection.by.email.lower() != mail.recipient.lower():
        return None
    link = settings.SITE_URL + reverse("pages:objection", args=[objection.infraction_id])
    return message(_("Answer to your objection"), mail, objection, link)


def objection_of(mail: Mail) -> Objection:
    rows = Objection.objects.select_related("infraction__vehicle", "by")
    return rows.get(pk=mail.parameters["objection_id"])


def message(subject: str, mail: Mail, objection: Objection, link: str) -> Message:
    context: dict[str, Any] = {"at": mail.created_at, "objection": objection, "link": link}
    template = mail.kind.removeprefix("infractions.")
    return Message(subject, render_to_string(f"infractions/mail/{template}.txt", context))
