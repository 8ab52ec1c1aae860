"""Payments and debts in the admin, for the accounts desk."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import ByUserAdmin
from accounts.authentication import current_user
from common.admin.changelists import DayRangeFilter
from common.admin.records import RecordAdmin, VoidableAdmin, VoidFilter, person_column
from common.admin.times import date_column
from common.templatetags.money import money
from rentals import services
from rentals.models import Debt, Payment
from rentals.payment_forms import PaymentForm


@admin.register(Payment)
class PaymentAdmin(ByUserAdmin, VoidableAdmin):
    form = PaymentForm
    list_display = (
        "id",
        person_column("user", _("user")),
        "paid",
        "note",
        "date_paid",
        person_column("recorded_by", _("recorded by")),
        "standing",
    )
    list_filter = (VoidFilter, ("date_paid", DayRangeFilter))
    list_select_related = ("user", "recorded_by")
    ordering = ("-date_paid", "-id")
    sortable_by = ("id", "date_paid")
    autocomplete_fields = ("user",)
    recorded_fields = ("user", "amount", "is_credit", "note")
    shown_fields = (
        "id",
        "user",
        "paid",
        "note",
        "date_paid",
        "recorded_by",
        "standing",
        "date_voided",
        "voided_by",
        "void_reason",
    )

    @admin.display(description=_("amount"))
    def paid(self, payment: Payment) -> str:
        return money(payment.amount)

    def act_text(self, row: Payment) -> str:
        return f"{row} ({money(row.amount)}, {row.user.get_short_name()})"

    def save_model(self, request: HttpRequest, obj: Payment, form: Any, change: bool) -> None:
        created = services.payment_record(
            user=obj.user, amount=obj.amount, note=obj.note, by=current_user(request), at=timezone.now()
        )
        obj.pk = created.pk

    def void_row(self, request: HttpRequest, row: Payment, *, reason: str, at: datetime) -> None:
        services.payment_void(payment=row, reason=reason, by=current_user(request), at=at)


@admin.register(Debt)
class DebtAdmin(ByUserAdmin, RecordAdmin):
    """The residents who owe something, those who owe most first, as it was last counted (see `Debt`)."""

    list_display = (person_column("user", _("user")), "owed", date_column("since", _("since")), "age", "counted_at")
    list_filter = (("since", DayRangeFilter),)
    list_select_related = ("user",)
    ordering = ("-amount", "-id")
    sortable_by = ("owed", list_display[2])
    shown_fields = ("user", "owed", "since", "age", "counted_at")

    @admin.display(description=_("owed"), ordering="amount")
    def owed(self, debt: Debt) -> str:
        return money(debt.amount)

    @admin.display(description=_("days"))
    def age(self, debt: Debt) -> int:
        return (debt.counted_at - debt.since).days

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
