"""Queues the notices that rentals are due soon or overdue. `manage.py send_notices` runs it every few minutes.

A notice is a row that is unique for a rental, its due date and the stage. It is inserted together with its mail by one
statement that skips what exists, so two runs at once queue it once. After missed runs only the newest stage that a
rental has reached is queued. What a resident gets in one run is one mail about all the books.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, SmallIntegerField, Value, When

from accounts.models import User
from common.models import Mail
from rentals.models import DUE_SOON, STAGES, Notice, Rental

BATCH_SIZE = 200  # residents
INSERT = """
    INSERT INTO {table} (rental_id, date_due, stage, created_at) {rentals}
    ON CONFLICT DO NOTHING RETURNING rental_id, stage
"""


def rentals_to_notify(*, at: datetime) -> QuerySet[Any]:
    """Returns the rentals whose newest stage has had no notice, of residents who get notices. Adds `stage`.

    A rental that is due, but not yet overdue for a day, has no stage: it is too late to say that it is due soon.
    """
    reached = [When(date_due__lte=at - timedelta(days=days), then=Value(days)) for days in sorted(STAGES)[:0:-1]]
    stage = Case(*reached, default=Value(DUE_SOON), output_field=SmallIntegerField())
    is_soon = Q(date_due__gt=at, date_due__lte=at - timedelta(days=DUE_SOON))
    is_overdue = Q(date_due__lte=at - timedelta(days=1))
    rentals = Rental.objects.open().filter(is_soon | is_overdue, user__in=User.objects.who_get_notices())
    notices = Notice.objects.filter(rental=OuterRef("pk"), date_due=OuterRef("date_due"), stage__gte=OuterRef("stage"))
    return rentals.annotate(stage=stage).filter(~Exists(notices))


def kind_of(stage: int) -> str:
    return "rentals.due_soon" if stage == DUE_SOON else "rentals.overdue"


def notices_due(*, at: datetime) -> Counter[str]:
    """Returns how many residents would get a mail of each kind."""
    found = rentals_to_notify(at=at).order_by().values_list("user_id", "stage")
    return Counter(kind for _user_id, kind in {(user_id, kind_of(stage)) for user_id, stage in found})


def notices_queue(*, at: datetime) -> Iterator[int]:
    """Queues the notices that are due, and yields the number of mails of each batch of residents."""
    last = 0
    while ids := residents_after(last, at=at):
        yield batch_queue(ids, at=at)
        last = ids[-1]


def residents_after(last: int, *, at: datetime) -> list[int]:
    rentals = rentals_to_notify(at=at).filter(user_id__gt=last).order_by("user_id")
    return list(rentals.values_list("user_id", flat=True).distinct()[:BATCH_SIZE])


@transaction.atomic
def batch_queue(user_ids: list[int], *, at: datetime) -> int:
    """Inserts the notices of some residents, and queues a mail for each resident and kind that another run has not."""
    rentals = rentals_to_notify(at=at).filter(user_id__in=user_ids).order_by("pk")
    groups: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    inserted = dict(notices_insert(rentals, at=at))
    owners = Rental.objects.filter(pk__in=inserted).order_by("date_due", "pk").values_list("pk", "user_id")
    for ref, user_id in owners:
        groups[user_id, kind_of(inserted[ref])].append(ref)
    users = User.objects.in_bulk([user_id for user_id, _kind in groups])
    mails = [notice_mail(users[user_id], kind, refs, at=at) for (user_id, kind), refs in groups.items()]
    Mail.objects.bulk_create(mails)
    return len(mails)


def notices_insert(rentals: QuerySet[Any], *, at: datetime) -> list[tuple[int, int]]:
    """Inserts a notice of each rental, in their order, and returns the rental and the stage of those that are new."""
    created = Value(at, output_field=DateTimeField())
    rows = rentals.values_list("pk", "date_due", F("stage"), created)
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(table=Notice._meta.db_table, rentals=sql), parameters)
        return list(cursor.fetchall())


def notice_mail(user: User, kind: str, refs: list[int], *, at: datetime) -> Mail:
    return Mail(
        kind=kind,
        recipient=user.email,
        parameters={"user_id": user.pk, "refs": refs},
        language=user.language,
        created_at=at,
        next_attempt_at=at,
    )
