"""What residents owe, as it was last counted."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet


class DebtQuerySet(ByUserQuerySet["Debt"]):
    """Debts of residents."""


class Debt(models.Model):
    """What a resident owed when `manage.py count_debts` last ran. There is no row for a balance of zero or a credit.

    A balance changes by itself while a book is out, so that it cannot be kept up to date in a column. Lists sort and
    add up these rows instead; the page of a resident shows the balance of now.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="debt"
    )
    amount = models.DecimalField(_("owed"), max_digits=14, decimal_places=2)
    since = models.DateTimeField(_("since"))  # when the oldest rental began that is not paid in full
    counted_at = models.DateTimeField(_("counted"))

    objects = DebtQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("debt"), _("debts")
        ordering = ["-amount", "-id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="debt_is_positive")]
        indexes = [
            models.Index(fields=["amount", "id"], name="debt_by_amount"),
            models.Index(fields=["since", "id"], name="debt_by_age"),
        ]

    def __str__(self) -> str:
        return gettext("debt of %(resident)s") % {"resident": self.user.get_short_name()}
