"""Services for objections: the owner objects to an infraction once, and the traffic office answers once."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from accounts.models import User
from common.exceptions import Conflict, violated_constraint
from infractions import mail
from infractions.models import Infraction, Objection, Vehicle
from infractions.services import infraction_void


def objection_bar(infraction: Infraction, *, at: datetime) -> str | None:
    """Returns why the owner can no longer object to an infraction, or None. Ignores an earlier objection."""
    if infraction.voided:
        return _("This infraction is void.")
    days = settings.OBJECTION_DAYS
    if at - infraction.timestamp > timedelta(days=days):
        text = ngettext(
            "An objection is possible only within %(count)s day of the infraction.",
            "An objection is possible only within %(count)s days of the infraction.",
            days,
        )
        return text % {"count": days}
    return None


def objection_create(*, infraction: Infraction, text: str, by: User, at: datetime) -> Infraction:
    """Records the owner's objection, tells the traffic office by mail, and returns the infraction with it.

    Locks the vehicle before the infraction, as `infractions_move` does: an infraction that moves to a buyer meanwhile
    is no longer that of the seller, and one with an objection does not move.

    Raises Http404 if the infraction is not that of the person with the confirmed address of `by`, and Conflict if it is
    void, too old, or has an objection already.
    """
    try:
        with transaction.atomic():
            Vehicle.objects.select_for_update(no_key=True).get(pk=infraction.vehicle_id)
            owned = Infraction.objects.owned_by(by).select_for_update(no_key=True)
            locked = owned.filter(pk=infraction.pk).first()
            if locked is None:
                raise Http404
            if reason := objection_bar(locked, at=at):
                raise Conflict(reason)
            language = get_language() or settings.LANGUAGE_CODE
            objection = Objection.objects.create(infraction=locked, by=by, language=language, text=text, created_at=at)
            mail.send_objection_created(objection, at=at)
            return locked
    except IntegrityError as error:
        if violated_constraint(error).startswith("infractions_objection_infraction_id"):
            raise Conflict(_("There is an objection to this infraction already.")) from error
        raise


@transaction.atomic
def objection_answer(*, infraction: Infraction, answer: str, uphold: bool, by: User, at: datetime) -> Infraction:
    """Records the answer to an objection, tells the owner by mail, and returns the infraction with it.

    Upholding the objection voids the infraction, unless it is void already.

    Raises Http404 if there is no objection, Conflict if it was answered before, and ValidationError on an empty answer.
    """
    if not answer:
        raise ValidationError({"answer": _("Enter an answer.")})
    locked = Infraction.objects.select_for_update(no_key=True).get(pk=infraction.pk)
    changes = {"answer": answer, "upheld": uphold, "answered_at": at, "answered_by": by}
    if not Objection.objects.open().filter(infraction=locked).update(**changes):
        if Objection.objects.filter(infraction=locked).exists():
            raise Conflict(_("This objection is already answered."))
        raise Http404
    if uphold and not locked.voided:
        with override(settings.LANGUAGE_CODE):  # it is kept for all readers
            reason = _("The objection of the owner was upheld.")
        infraction_void(infraction=locked, reason=reason, by=by, at=at)
    mail.send_objection_answered(locked.objection, at=at)
    return locked
