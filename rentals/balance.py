"""What a resident owes."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from django.conf import settings
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from common.statements import compiled
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


def balance_of(user_id: int, *, version: str, at: datetime) -> Balance:
    """Returns the balance of a user by `at`, in the tariff of an API version.

    It is one statement for any number of rentals. Raises User.DoesNotExist.
    """
    users = user_with_amounts(version, user_id=user_id, at=at)
    if not users:
        raise User.DoesNotExist
    amounts = vars(users[0])
    return Balance(
        user_id=user_id,
        currency=settings.CURRENCY,
        charges=amounts["charges"],
        paid=amounts["paid"],
        balance=amounts["charges"] - amounts["paid"],
        open_rentals=amounts["open_rentals"],
    )


@compiled
def user_with_amounts(version: str, *, user_id: int, at: datetime) -> QuerySet[User]:
    return with_amounts(User.objects.filter(pk=user_id).only("pk").order_by(), version=version, at=at)


def with_amounts(users: QuerySet[User], *, version: str, at: datetime) -> QuerySet[User]:
    """Adds what a Balance consists of: `charges`, `paid` and `open_rentals`.

    The charges are the sum over all rentals, and void payments do not count. The balance is left to the caller: as the
    difference of two annotations it would read all rentals a second time.
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
    )
