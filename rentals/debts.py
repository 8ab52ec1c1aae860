"""Counts what residents owe, for lists that sort and add up debts."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, Subquery, Sum, Value, Window
from django.db.models.functions import Coalesce

from accounts.models import User
from rentals import tariffs
from rentals.models import Debt, Payment, Rental, RentalQuerySet

RESIDENTS_AT_ONCE = 2_000  # one statement reads all their rentals
# Payments settle the oldest rentals first. So a debt is as old as the first rental at which the charges, added up in
# the order of the rentals, are more than what was paid.
UPSERT = """
    INSERT INTO {table} (user_id, amount, since, counted_at)
    SELECT user_id, MAX(charged) - MAX(paid), MIN(date_rented) FILTER (WHERE charged > paid), %s
    FROM ({rentals}) AS rentals
    GROUP BY user_id HAVING MAX(charged) > MAX(paid) ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
    SET amount = EXCLUDED.amount, since = EXCLUDED.since, counted_at = EXCLUDED.counted_at
    WHERE {table}.counted_at < EXCLUDED.counted_at
"""


def debts_count(*, at: datetime) -> Iterator[int]:
    """Counts the debts of all residents by `at`, some thousands at a time, and yields the number of each part.

    The charges are those of the current tariff. Each part is a transaction of its own. Of two runs at once, the rows of
    the later one stay. A closed account owes nothing.
    """
    last = 0
    while ids := list(User.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:RESIDENTS_AT_ONCE]):
        yield debts_of_range_count(last + 1, ids[-1], at=at)
        last = ids[-1]


@transaction.atomic
def debts_of_range_count(first_id: int, last_id: int, *, at: datetime) -> int:
    users = {"user__gte": first_id, "user__lte": last_id}
    rentals, values = charged_rentals(Rental.objects.filter(**users), at=at).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(UPSERT.format(table=Debt._meta.db_table, rentals=rentals), [at, *values])
    # An account that closed while the statement above ran may have a row again. Checking the foreign keys waits for
    # such a closing and keeps out a later one, and a later one waits for a row that was there before.
    connection.check_constraints()
    Debt.objects.filter(Q(counted_at__lt=at) | Q(user__closed_at__isnull=False), **users).delete()
    return Debt.objects.filter(**users).count()


def charged_rentals(rentals: RentalQuerySet, *, at: datetime) -> "RentalQuerySet":
    """Returns for each rental the charges of its user up to and with it, and all that the user has paid."""
    payments = Payment.objects.valid().filter(user=OuterRef("user")).order_by().values("user")
    paid = Subquery(payments.annotate(total=Sum("amount")).values("total"))
    charged = Window(Sum(tariffs.charge(tariffs.CURRENT, at=at)), partition_by=F("user"), order_by=F("ref").asc())
    zero = Value(Decimal("0.00"), output_field=tariffs.MONEY_FIELD)
    return rentals.order_by().values("user_id", "date_rented", charged=charged, paid=Coalesce(paid, zero))  # type: ignore[return-value]
