"""Payments."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet, User
from common.api.fields import MAX_MONEY, MIN_MONEY
from common.fields import LineField
from common.models import MAX_REASON_LENGTH, Voidable, VoidableQuerySet


class PaymentQuerySet(ByUserQuerySet["Payment"], VoidableQuerySet["Payment"]):  # type: ignore[override]  # the stubs give each its own manager
    def visible_to(self, user: User) -> "PaymentQuerySet":
        """Returns all payments for staff of the accounts desk, and otherwise the user's own."""
        return self if user.has_perm("rentals.view_payment") else self.filter(user=user)


class Payment(Voidable):
    """Money that a resident paid at the desk. A payment recorded by mistake is voided, never deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="payments"
    )
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    note = LineField(_("note"), max_length=500, blank=True)
    date_paid = models.DateTimeField(_("paid"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    # The column keeps its old name, because the previous release reads it during a rolling update.
    void_reason = LineField(_("reason"), max_length=MAX_REASON_LENGTH, blank=True, db_column="void_note")

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("payment"), _("payments")
        ordering = ["-id"]
        constraints = [
            *Voidable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(amount__gte=MIN_MONEY, amount__lte=MAX_MONEY),
                name="payment_amount_in_range",
                violation_error_message=format_lazy(
                    _("The amount must be between {minimum} and {maximum}."), minimum=MIN_MONEY, maximum=MAX_MONEY
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="payment_by_user"),
            models.Index(fields=["date_paid", "id"], name="payment_by_date"),
            models.Index(fields=["id"], condition=Q(date_voided__isnull=False), name="payment_void"),
        ]

    def __str__(self) -> str:
        return gettext("payment %(number)s") % {"number": self.pk}
