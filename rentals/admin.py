"""Rentals and payments in the admin, for the library desk and the accounts desk."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin import ByUserAdmin
from accounts.authentication import current_user
from common.admin.acts import Act
from common.admin.changelists import ChoiceFilter, DayRangeFilter
from common.admin.records import RecordAdmin, Standing, VoidableAdmin, VoidFilter, act_on_each, date_column
from rentals import services
from rentals.models import Payment, Rental
from rentals.templatetags.money import money

RENTED = date_column("date_rented", _("rented"))
DUE = date_column("date_due", _("due"))
RETURNED = date_column("date_returned", _("returned"))


class StatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    choices_by_value = {
        "rented": (_("Rented"), lambda rentals: rentals.open()),
        "returned": (_("Returned"), lambda rentals: rentals.returned()),
    }


class OverdueFilter(ChoiceFilter):
    title = _("overdue")
    parameter_name = "overdue"
    choices_by_value = {
        "yes": (_("Overdue"), lambda rentals: rentals.overdue(at=timezone.now())),
        "long": (_("More than 30 days overdue"), lambda rentals: rentals.long_overdue(at=timezone.now())),
        "no": (_("Not overdue"), lambda rentals: rentals.not_overdue(at=timezone.now())),
    }


@admin.register(Rental)
class RentalAdmin(RecordAdmin):
    list_display = ("ref", "user", "book", "book_type", "standing", RENTED, DUE, RETURNED, "charge")
    list_filter = (
        StatusFilter,
        OverdueFilter,
        ("date_rented", DayRangeFilter),
        ("date_due", DayRangeFilter),
        ("date_returned", DayRangeFilter),
    )
    search_method = "search"
    search_help_text = _("Resident, book, or rental number")
    ordering = ("-date_rented", "-ref")
    sortable_by = ("ref", RENTED, RETURNED)
    autocomplete_fields = ("user", "book")
    recorded_fields = ("user", "book")
    shown_fields = (
        "ref",
        "user",
        "book",
        "book_type",
        "standing",
        "date_rented",
        "date_due",
        "date_returned",
        "charge",
    )
    actions = ("mark_returned",)
    acts = (
        Act(
            "return",
            "return_rental",
            _("Mark returned"),
            icon="check",
            question=_("The resident pays for the days until now, and the copy is free for others."),
            is_possible=lambda rental: rental.date_returned is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rental]:
        return Rental.objects.with_explanation(at=timezone.now()).select_related("user")

    # unfold has no type information.
    @display(description=_("status"), label={"rented": "info", "overdue": "danger", "returned": "success"})
    def standing(self, rental: Rental) -> Standing:
        if rental.date_returned is not None:
            return Standing("returned", gettext("Returned"))
        if rental.is_overdue:
            return Standing("overdue", gettext("Overdue"))
        return Standing("rented", gettext("Rented"))

    @admin.display(description=_("charge"))
    def charge(self, rental: Rental) -> str:
        return money(rental.charge)

    def save_model(self, request: HttpRequest, obj: Rental, form: Any, change: bool) -> None:
        obj.ref = services.rental_create(user=obj.user, book=obj.book, at=timezone.now()).ref

    @admin.action(description=_("Mark returned"), permissions=["change"])
    def mark_returned(self, request: HttpRequest, queryset: QuerySet[Rental]) -> None:
        def return_row(rental: Rental, at: datetime) -> str:
            return self.return_rental(request, rental, at=at)

        act_on_each(
            self, request, queryset, return_row, lambda n: ngettext("%(count)s returned.", "%(count)s returned.", n)
        )

    def act_text(self, row: Rental) -> str:
        return f"{row} ({row.book}, {row.user})"

    def return_rental(self, request: HttpRequest, row: Rental, *, at: datetime) -> str:
        services.rental_return(rental=row, at=at)
        return gettext("Returned.")


@admin.register(Payment)
class PaymentAdmin(ByUserAdmin, VoidableAdmin):
    list_display = ("id", "user", "paid", "note", "date_paid", "recorded_by", "standing")
    list_filter = (VoidFilter, ("date_paid", DayRangeFilter))
    list_select_related = ("user", "recorded_by")
    ordering = ("-date_paid", "-id")
    sortable_by = ("id", "date_paid")
    autocomplete_fields = ("user",)
    recorded_fields = ("user", "amount", "note")
    shown_fields = (*list_display, "date_voided", "voided_by", "void_reason")

    @admin.display(description=_("amount"))
    def paid(self, payment: Payment) -> str:
        return money(payment.amount)

    def save_model(self, request: HttpRequest, obj: Payment, form: Any, change: bool) -> None:
        created = services.payment_record(
            user=obj.user, amount=obj.amount, note=obj.note, by=current_user(request), at=timezone.now()
        )
        obj.pk = created.pk

    def act_text(self, row: Payment) -> str:
        return f"{row} ({money(row.amount)}, {row.user})"

    def void_row(self, request: HttpRequest, row: Payment, *, reason: str, at: datetime) -> None:
        services.payment_void(payment=row, reason=reason, by=current_user(request), at=at)
