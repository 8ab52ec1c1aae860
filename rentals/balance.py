"""What a resident owes."""

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, cast

from django.conf import settings
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from rentals import tariffs
from rentals.models import Payment, Rental


class Balance(TypedDict):
    """Amounts in `currency`. `balance` = `charges` - `paid`: what the resident owes, negative for a credit."""

    user_id: int
    currency: str
    charges: Decimal
    paid: Decimal
    balance: Decimal
    open_rentals: int


def balance_of(users: QuerySet[User], *, version: str, at: datetime) -> Balance:
    """Returns the balance of the one user in `users` by `at`, in the tariff of an API version.

    It is one statement for any number of rentals. Raises User.DoesNotExist if `users` is empty.
    """
    row = balances(users, version=version, at=at).get()
    return cast("Balance", {"currency": settings.CURRENCY, **row, "balance": row["charges"] - row["paid"]})


def balances(users: QuerySet[User], *, version: str, at: datetime) -> QuerySet[User, Any]:
    """Returns the charges, the payments and the number of open rentals of each of the users, as a Balance has them.

    The charges are the sum over all rentals, and void payments do not count. The balance is left to the caller: as
    the difference of two annotations it would read all rentals a second time.
    """
    own_rentals = Rental.objects.filter(user=OuterRef("pk")).order_by()
    payments = Payment.objects.valid().filter(user=OuterRef("pk")).order_by().values("user")
    charges = own_rentals.values("user").annotate(total=Sum(tariffs.charge(version, at=at))).values("total")
    open_rentals = own_rentals.open().values("user").annotate(total=Count("ref")).values("total")
    zero = Value(Decimal("0.00"), output_field=tariffs.MONEY_FIELD)
    return users.annotate(
        charges=Coalesce(Subquery(charges), zero),
        paid=Coalesce(Subquery(payments.annotate(total=Sum("amount")).values("total")), zero),
        open_rentals=Coalesce(Subquery(open_rentals), 0),
    ).values("charges", "paid", "open_rentals", user_id=F("pk"))
