"""What a resident owes."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from django.conf import settings
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from rentals import tariffs
from rentals.models import Payment, Rental


class Balance(TypedDict):
    user_id: int
    currency: str
    charges: Decimal
    paid: Decimal
    balance: Decimal
    open_rentals: int


def balance_of(users: QuerySet[User], *, version: str, at: datetime) -> Balance:
    """Charges, payments and what is left between them, in one statement whatever the number of rentals.

    `users` holds the one user, or nobody: User.DoesNotExist.
    """
    rentals = Rental.objects.filter(user=OuterRef("pk")).order_by().values("user")
    payments = Payment.objects.valid().filter(user=OuterRef("pk")).order_by().values("user")
    charges = rentals.annotate(total=Sum(tariffs.charge(version, at=at))).values("total")
    still_out = rentals.filter(date_returned__isnull=True).annotate(total=Count("ref")).values("total")
    zero = Value(Decimal("0.00"), output_field=tariffs.MONEY)
    row = users.annotate(
        charges=Coalesce(Subquery(charges), zero),
        paid=Coalesce(Subquery(payments.annotate(total=Sum("amount")).values("total")), zero),
        balance=F("charges") - F("paid"),
        open_rentals=Coalesce(Subquery(still_out), 0),
    ).values("charges", "paid", "balance", "open_rentals", user_id=F("pk"))
    return Balance(currency=settings.CURRENCY, **row.get())
