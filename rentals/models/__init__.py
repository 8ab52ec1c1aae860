"""Rentals, holds, notices, payments and debts."""

from rentals.models.debts import Debt, DebtQuerySet
from rentals.models.holds import ALREADY_WAITING, Hold, HoldQuerySet
from rentals.models.notices import DUE_SOON, STAGES, Notice
from rentals.models.payments import Payment, PaymentQuerySet
from rentals.models.rentals import ALREADY_RENTED, Rental, RentalQuerySet, UndoneReturn, is_overdue

__all__ = [
    "ALREADY_RENTED",
    "ALREADY_WAITING",
    "DUE_SOON",
    "STAGES",
    "Debt",
    "DebtQuerySet",
    "Hold",
    "HoldQuerySet",
    "Notice",
    "Payment",
    "PaymentQuerySet",
    "Rental",
    "RentalQuerySet",
    "UndoneReturn",
    "is_overdue",
]
