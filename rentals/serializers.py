"""Rentals, balances and payments as JSON."""

from rest_framework import serializers

from accounts.fields import ForUserField
from accounts.models import User
from books.models import Book
from common.api.fields import MAX_MONEY, MIN_MONEY, IntegerField, MoneyField, RelatedField
from common.api.serializers import ListParameters, ModelSerializer
from rentals.models import Payment, Rental


class RentalSerializer(ModelSerializer):
    """`charge` is in the tariff of the version that was called."""

    status = serializers.ChoiceField(Rental.Status.choices, read_only=True)
    charge = MoneyField(max_digits=14, read_only=True)

    class Meta:
        model = Rental
        fields = ["ref", "user", "book", "status", "date_rented", "date_due", "date_returned", "charge"]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "ref": 1,
                "user": 2,
                "book": 1,
                "status": "rented",
                "date_rented": "2026-11-21T09:30:00Z",
                "date_due": "2026-12-19T09:30:00Z",
                "date_returned": None,
                "charge": "4.50",
            }
        }


class RentalInput(serializers.Serializer):
    """`user` is for staff who rent for somebody else."""

    book = RelatedField(queryset=Book.objects.only("pk", "book_type"))
    user = ForUserField(permission="rentals.add_rental")

    class Meta:
        swagger_schema_fields = {"example": {"book": 1}}


class RentalParameters(ListParameters):
    user = IntegerField(required=False)
    book = IntegerField(required=False)
    status = serializers.ChoiceField(Rental.Status.choices, required=False)
    overdue = serializers.BooleanField(required=False, help_text="true: still out after the due date; false: the rest.")


class BalanceSerializer(serializers.Serializer):
    """`balance` = `charges` - `paid`, in the tariff of the version that was called."""

    user_id = serializers.IntegerField()
    currency = serializers.CharField()
    charges = MoneyField(max_digits=20)
    paid = MoneyField(max_digits=20)
    balance = MoneyField(max_digits=20)
    open_rentals = serializers.IntegerField()

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
    amount = MoneyField(min_value=MIN_MONEY, max_value=MAX_MONEY)
    voided = serializers.BooleanField(read_only=True)

    class Meta:
        model = Payment
        fields = ["id", "user", "amount", "note", "date_paid", "recorded_by", "voided"]
        read_only_fields = fields
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


class PaymentInput(serializers.Serializer):
    user = RelatedField(queryset=User.objects.all())
    amount = MoneyField(min_value=MIN_MONEY, max_value=MAX_MONEY)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    class Meta:
        swagger_schema_fields = {"example": {"user": 2, "amount": "10.00", "note": "cash"}}


class VoidInput(serializers.Serializer):
    note = serializers.CharField(max_length=500, help_text="Why the payment is void.")

    class Meta:
        swagger_schema_fields = {"example": {"note": "recorded twice"}}
