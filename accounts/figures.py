"""Figures about accounts for the dashboard of staff."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.admin.figures import Figure, Piece, number_of
from common.days import in_week


def accounts(*, at: datetime) -> list[Piece]:
    week = in_week("date_joined", timezone.localdate(at))
    return [Figure(_("New this week"), number_of(User.objects.filter(**week.lookups), **week.parameters))]
