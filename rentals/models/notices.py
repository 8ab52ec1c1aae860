"""The notices about due dates that residents got."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from rentals.models.rentals import Rental

DUE_SOON = -2
STAGES = (DUE_SOON, 1, 7, 21)  # days after the due date


class Notice(models.Model):
    """A notice that a rental is due soon or overdue, which was queued as an email. There is one for each stage.

    A renewed rental has a new due date, and so its stages begin again.
    """

    rental = models.ForeignKey(
        Rental, verbose_name=_("rental"), on_delete=models.PROTECT, related_name="notices", db_index=False
    )
    date_due = models.DateTimeField(_("due"))
    stage = models.SmallIntegerField(_("days after the due date"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name, verbose_name_plural = _("notice"), _("notices")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["rental", "date_due", "stage"], name="one_notice_of_a_stage"),
            models.CheckConstraint(condition=models.Q(stage__in=STAGES), name="notice_stage_known"),
        ]

    def __str__(self) -> str:
        return f"rental {self.rental_id}, {self.stage} days after {self.date_due:%Y-%m-%d}"
