"""The lending desk and the accounts desk."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.authentication import current_user
from api.admin import ChoiceFilter, RecordAdmin, VoidableAdmin, act_on_each
from rentals import services, tariffs
from rentals.models import Payment, Rental


class StatusFilter(ChoiceFilter):
    title = parameter_name = "status"
    choices_by_value = {
        "rented": ("Rented", lambda rentals: rentals.open()),
        "returned": ("Returned", lambda rentals: rentals.returned()),
    }


class OverdueFilter(ChoiceFilter):
    title = parameter_name = "overdue"
    choices_by_value = {
        "yes": ("Overdue", lambda rentals: rentals.overdue(at=timezone.now())),
        "no": ("Not overdue", lambda rentals: rentals.not_overdue(at=timezone.now())),
    }


@admin.register(Rental)
class RentalAdmin(RecordAdmin):
    list_display = ("ref", "user", "book", "book_type", "status", "date_rented", "date_due", "date_returned", "charge")
    list_filter = (StatusFilter, OverdueFilter, "date_rented", "date_returned")
    list_select_related = ("user", "book")
    search_fields = ("user__username", "user__name", "book__name")
    autocomplete_fields = ("user", "book")
    recorded_fields = ("user", "book")
    shown_fields = list_display
    actions = ("mark_returned",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rental]:
        rentals = Rental.objects.with_charge(tariffs.CURRENT, at=timezone.now())
        return rentals.select_related("user", "book").defer("book__search")

    @admin.display(description="charge")
    def charge(self, rental: Any) -> Decimal:
        return rental.charge

    def save_model(self, request: HttpRequest, obj: Rental, form: Any, change: bool) -> None:
        created = services.rental_create(user=obj.user, book=obj.book, at=timezone.now())
        obj.ref = created.ref

    @admin.action(description="Mark returned", permissions=["change"])
    def mark_returned(self, request: HttpRequest, queryset: QuerySet[Rental]) -> None:
        act_on_each(
            self, request, queryset, "returned", lambda rental, at: services.rental_return(rental=rental, at=at)
        )


@admin.register(Payment)
class PaymentAdmin(VoidableAdmin):
    list_display = ("id", "user", "amount", "note", "date_paid", "recorded_by", "is_void")
    list_filter = (("date_voided", admin.EmptyFieldListFilter), "date_paid")
    list_select_related = ("user", "recorded_by")
    search_fields = ("user__username", "user__name", "note")
    autocomplete_fields = ("user",)
    recorded_fields = ("user", "amount", "note")
    shown_fields = (*list_display, "date_voided", "voided_by", "void_note")

    def save_model(self, request: HttpRequest, obj: Payment, form: Any, change: bool) -> None:
        created = services.payment_record(**form.cleaned_data, by=current_user(request), at=timezone.now())
        obj.pk = created.pk

    def void_one(self, request: HttpRequest, row: Payment, *, why: str, at: datetime) -> None:
        services.payment_void(payment=row, note=why, by=current_user(request), at=at)
