"""Serializers for rentals, balances and payments."""

from typing import Any

from rest_framework import serializers

from accounts.fields import ForUserField
from accounts.models import User
from books.models import Book
from common.api.fields import MAX_MONEY, MIN_MONEY, DateTimeField, IntegerField, MoneyField, RelatedField
from common.api.serializers import ID_HELP, ListParameters, ModelSerializer, SearchParameters
from common.api.text_fields import LineField
from common.models import MAX_REASON_LENGTH
from rentals.models import Hold, Payment, PaymentQuerySet, Rental, RentalQuerySet

AMOUNT_HELP = "From `0.01` to `99999999.99`, with two decimal places."
IN_TARIFF = "In the tariff of the API version that was called."


class RentalSerializer(ModelSerializer):
    """A copy of a book that a resident has, or had."""

    status = serializers.ChoiceField(
        Rental.Status.choices,
        read_only=True,
        help_text="`rented` until the book is returned. A `void` rental costs nothing.",
    )
    charge = MoneyField(
        max_digits=14,
        read_only=True,
        help_text=f"{IN_TARIFF} For an open rental, it is the charge up to now, for a void one 0.00.",
    )

    class Meta:
        model = Rental
        fields = [
            *("ref", "user", "book", "status"),
            *("date_rented", "date_due", "date_returned", "renewals", "charge"),
        ]
        read_only_fields = fields
        help_texts = {
            "ref": "The number of the rental. Never changes.",
            "user": "The `id` of the resident.",
            "book": "The `id` of the book.",
            "date_rented": "The charge counts every started day of 24 hours from this time.",
            "date_due": "From this time on, an open rental is overdue.",
            "date_returned": "null until the book is returned.",
            "renewals": "How often it was renewed.",
        }
        swagger_schema_fields = {
            "example": {
                "ref": 1,
                "user": 2,
                "book": 1,
                "status": "rented",
                "date_rented": "2026-11-21T09:30:00Z",
                "date_due": "2026-12-19T09:30:00Z",
                "date_returned": None,
                "renewals": 0,
                "charge": "4.50",
            }
        }


class RentalInput(serializers.Serializer[Any]):
    """`user` is for staff who rent a book for a resident. By default, it is the caller."""

    book = RelatedField(queryset=Book.objects.only("pk", "name", "book_type"), help_text="The `id` of the book.")
    user = ForUserField(permission="rentals.add_rental", help_text="The `id` of the resident. By default, the caller.")

    class Meta:
        swagger_schema_fields = {"example": {"book": 1}}


class RentalParameters(SearchParameters):
    q = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Words of the resident or the book, or the number of the rental.",
    )
    user = IntegerField(required=False, help_text="Only rentals of the resident with this `id`.")
    book = IntegerField(required=False, help_text="Only rentals of the book with this `id`.")
    status = serializers.ChoiceField(Rental.Status.choices, required=False, help_text="`rented`: books that are out.")
    overdue = serializers.BooleanField(
        required=False, help_text="true: rentals that are out and past their due date; false: the others."
    )

    def filter_status(self, rentals: RentalQuerySet, value: str) -> RentalQuerySet:
        by_status = {"rented": rentals.open, "returned": rentals.returned, "void": rentals.void}
        return by_status[value]()

    def filter_overdue(self, rentals: RentalQuerySet, value: bool) -> RentalQuerySet:
        at = self.context["at"]
        return rentals.overdue(at=at) if value else rentals.not_overdue(at=at)


class ReasonInput(serializers.Serializer[Any]):
    reason = LineField(max_length=MAX_REASON_LENGTH, help_text="Why it is done.")

    class Meta:
        swagger_schema_fields = {"example": {"reason": "recorded by mistake"}}


class HoldSerializer(ModelSerializer):
    """`place` is 1 for the first who waits for the book, and null for a hold that does not wait."""

    created = DateTimeField(source="created_at", read_only=True, help_text="When it was placed.")
    place = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="1 for the first who waits for the book. null unless `waiting`."
    )

    class Meta:
        model = Hold
        fields = ["id", "user", "book", "place", "status", "created", "ready_until"]
        read_only_fields = fields
        help_texts = {
            "id": ID_HELP,
            "user": "The `id` of the resident who waits.",
            "book": "The `id` of the book.",
            "status": "`ready`: a copy is set aside until `ready_until`.",
            "ready_until": "Until then a copy is set aside. null for a hold that was never ready.",
        }
        swagger_schema_fields = {
            "example": {
                "id": 1,
                "user": 2,
                "book": 1,
                "place": 1,
                "status": "waiting",
                "created": "2026-11-21T09:30:00Z",
                "ready_until": None,
            }
        }


class HoldInput(serializers.Serializer[Any]):
    """`user` is for staff who place a hold for a resident. By default, it is the caller."""

    book = RelatedField(queryset=Book.objects.only("pk", "name"), help_text="The `id` of the book.")
    user = ForUserField(permission="rentals.add_hold", help_text="The `id` of the resident. By default, the caller.")

    class Meta:
        swagger_schema_fields = {"example": {"book": 1}}


class HoldParameters(ListParameters):
    user = IntegerField(required=False, help_text="Only holds of the resident with this `id`.")
    book = IntegerField(required=False, help_text="Only holds of the book with this `id`.")
    status = serializers.ChoiceField(Hold.Status.choices, required=False, help_text="Only holds with this status.")


class BalanceSerializer(serializers.Serializer[Any]):
    """`balance` = `charges` - `paid`, in the tariff of the API version that was called; negative for a credit."""

    user_id = serializers.IntegerField(help_text="The `id` of the resident.")
    currency = serializers.CharField(help_text="The ISO 4217 code of all amounts, such as `USD`.")
    charges = MoneyField(max_digits=20, help_text=f"Of all rentals, open ones up to now. {IN_TARIFF}")
    paid = MoneyField(max_digits=20, help_text="The sum of the payments that are not void.")
    balance = MoneyField(max_digits=20, help_text="`charges` - `paid`: what the resident owes. Negative for a credit.")
    open_rentals = serializers.IntegerField(help_text="The number of books that are out.")

    class Meta:
        swagger_schema_fields = {
            "example": {
                "user_id": 2,
                "currency": "USD",
                "charges": "17.00",
                "paid": "10.00",
                "balance": "7.00",
                "open_rentals": 1,
            }
        }


class PaymentSerializer(ModelSerializer):
    amount = MoneyField(min_value=MIN_MONEY, max_value=MAX_MONEY, help_text=AMOUNT_HELP)
    voided = serializers.BooleanField(read_only=True, help_text="true: the payment does not count in the balance.")

    class Meta:
        model = Payment
        fields = ["id", "user", "amount", "note", "date_paid", "recorded_by", "voided"]
        read_only_fields = fields
        help_texts = {
            "id": ID_HELP,
            "user": "The `id` of the resident who paid.",
            "note": "One line by the member of staff. May be empty.",
            "date_paid": "When it was recorded.",
            "recorded_by": "The `id` of the member of staff.",
        }
        swagger_schema_fields = {
            "example": {
                "id": 1,
                "user": 2,
                "amount": "10.00",
                "note": "cash",
                "date_paid": "2026-11-21T09:30:00Z",
                "recorded_by": 3,
                "voided": False,
            }
        }


class PaymentParameters(ListParameters):
    user = IntegerField(required=False, help_text="Only payments of the resident with this `id`.")
    voided = serializers.BooleanField(required=False, help_text="true: void payments; false: payments that count.")

    def filter_voided(self, payments: PaymentQuerySet, value: bool) -> PaymentQuerySet:
        return payments.void() if value else payments.valid()


class PaymentInput(serializers.Serializer[Any]):
    user = RelatedField(queryset=User.objects.all(), help_text="The `id` of the resident who paid.")
    amount = MoneyField(min_value=MIN_MONEY, max_value=MAX_MONEY, help_text=AMOUNT_HELP)
    note = LineField(
        max_length=500, required=False, allow_blank=True, default="", help_text="One line, which the resident sees."
    )

    class Meta:
        swagger_schema_fields = {"example": {"user": 2, "amount": "10.00", "note": "cash"}}


class VoidInput(serializers.Serializer[Any]):
    note = LineField(max_length=MAX_REASON_LENGTH, help_text="Why the payment is void.")

    class Meta:
        swagger_schema_fields = {"example": {"note": "recorded twice"}}
