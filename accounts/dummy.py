"""Dummy residents, and the World that the `dummy.py` of every app fills."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import count, islice
from random import Random
from typing import TypeVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from common.days import day_start

DEMO_USERNAMES = ("user_1", "user_2")
OTHER_RESIDENTS = 23  # besides the two, at scale 1
BATCH = 1000  # rows that one statement inserts
OPENS, CLOSES = timedelta(hours=8), timedelta(hours=20)  # of the daytime, since midnight
EMAIL_DOMAIN = "residents.example.org"
FIRST_NAMES = (
    "Ada Aron Bela Bruno Cleo Cyril Dana Dorian Edda Emil Fenna Florin Greta Gideon Hanne Hugo Ilse Ivo Jonna Juri "
    "Kaia Kolja Leni Lorin Mira Matti Nela Nils Oda Orlo Pia Pelle Runa Rasmus Selma Sixten Thea Timo Una Valo Wilma"
)
LAST_NAMES = (
    "Alderbeck Ambervale Brackwell Brindlow Copperfold Dunmarrow Elmsworthy Fennimoor Gatherstone Hollowmere Ivyland "
    "Juniperton Kettlewick Larkenfield Millbrace Nettlecombe Oxenholt Pepperidge Quillstone Rookhampton Saltmarsh "
    "Thistlewood Umberleigh Vellacourt Wrenbury Yarrowdale"
)
STREETS = ("Mill Lane", "Market Square", "Harbour Street", "Orchard Road", "Station Road", "Bridge Street")

M = TypeVar("M", bound=models.Model)


def report_nothing(what: str, done: int, of: int) -> None:
    """Reports no progress."""


@dataclass
class World:
    """What `create(world) -> int` of every app works from; it returns the number of new rows.

    All choices come from `random` and all times from `at`, so that the same seed gives the same data. `scale` is 1 for
    a small demo. `user_ids` are user_1, user_2 and the new residents. `step` reports progress: what is stored, how many
    rows are done, and of how many.
    """

    random: Random
    scale: int
    at: datetime
    user_ids: list[int] = field(default_factory=list)
    step: Callable[[str, int, int], None] = report_nothing
    days: dict[date, tuple[datetime, datetime]] = field(default_factory=dict)  # starts and ends computed so far

    @cached_property
    def staff_id(self) -> int:
        """The user who does the work of staff: the first superuser, or the first resident if there is none."""
        admins = User.objects.filter(is_superuser=True).order_by("pk")
        return admins.values_list("pk", flat=True).first() or self.user_ids[0]

    def joined(self) -> list[tuple[datetime, int]]:
        """Returns when each of `user_ids` joined, and the id, in this order. Skips users who join after `at`."""
        users = User.objects.filter(pk__in=self.user_ids, date_joined__lte=self.at).order_by("date_joined", "pk")
        return list(users.values_list("date_joined", "pk"))

    def store(self, rows: list[M]) -> int:
        """Inserts rows of one model and returns their number."""
        return sum(1 for _ in self.stored(rows, of=len(rows)))

    def stored(self, rows: Iterable[M], *, of: int) -> Iterator[M]:
        """Inserts rows of one model in batches, reports each batch to `step`, and yields the rows with their keys.

        Keeps no rows in memory, so that their number is only limited by the disk.
        """
        left, done = iter(rows), 0
        while batch := list(islice(left, BATCH)):
            type(batch[0])._default_manager.bulk_create(batch)
            done += len(batch)
            self.step(str(batch[0]._meta.verbose_name_plural), done, of)
            yield from batch

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def person_name(self) -> str:
        return f"{self.random.choice(FIRST_NAMES.split())} {self.random.choice(LAST_NAMES.split())}"

    def moment(self, days: float, since: datetime | None = None) -> datetime:
        """Returns a random time in the daytime, at most `days` before `at` and not before `since`."""
        past = timedelta(days=days) if since is None else min(timedelta(days=days), self.at - since)
        return self.awake(self.at - past * self.random.random(), since=since)

    def later(self, since: datetime, within: float = 1) -> datetime:
        """Returns a random time in the first part (`within`, up to 1) of the span from `since` to `at`."""
        return self.awake(since + (self.at - since) * self.random.random() * within, since=since)

    def awake(self, moment: datetime, *, since: datetime | None = None) -> datetime:
        """Moves a time into the daytime of its day, but not after `at` and not before `since`.

        Maps the whole day onto its daytime, so that times keep their order. On the day of `at`, before 8 o'clock, there
        is no daytime yet, and times stay as they are.
        """
        day = timezone.localdate(moment)
        if day not in self.days:
            self.days[day] = day_start(day), day_start(day + timedelta(days=1))
        starts, ends = self.days[day]
        opens, closes = starts + OPENS, min(starts + CLOSES, self.at)
        if opens < closes:
            moment = opens + (closes - opens) * ((moment - starts) / (min(ends, self.at) - starts))
        return moment if since is None else max(moment, since)


def create(world: World) -> int:
    """Creates user_1 and user_2 if they are missing, and new residents, all without a password.

    A resident whose address belongs to another account has no address.
    """
    existing = User.objects.annotate(login=Lower("username"), address_key=Lower("email"))
    ids = dict(existing.filter(login__startswith="user_").values_list("login", "pk"))
    used = set(existing.filter(address_key__endswith=EMAIL_DOMAIN).values_list("address_key", flat=True))
    free = (name for number in count(1) if (name := f"user_{number}") not in ids)
    names = list(islice(free, len(set(DEMO_USERNAMES) - ids.keys()) + OTHER_RESIDENTS * world.scale))
    joined = sorted(world.moment(730) for _ in names)
    people = (
        User(
            username=name,
            email="" if (email := f"{name}@{EMAIL_DOMAIN}") in used else email,
            password=make_password(None),
            name=world.person_name(),
            phone=f"+1555{world.random.randrange(10**7):07}",
            address=f"{world.random.randint(1, 120)} {world.random.choice(STREETS)}",
            date_joined=at,
            language="es" if number % 4 == 3 else "en",
            wants_notices=number % 10 != 9,
        )
        for number, (name, at) in enumerate(zip(names, joined, strict=True))
    )
    emails = {user.pk: user.email for user in world.stored(people, of=len(names))}
    world.user_ids = [ids[name] for name in DEMO_USERNAMES if name in ids] + list(emails)
    addressed = {user_id: email for user_id, email in emails.items() if email}
    rows = (EmailAddress(user_id=key, email=email, verified=True, primary=True) for key, email in addressed.items())
    return len(emails) + sum(1 for _ in world.stored(rows, of=len(addressed)))


def passwords_give() -> dict[str, str]:
    """Gives user_1 and user_2 a password if they have none: `123` with DEBUG on, otherwise a generated one.

    Skips an account that has rights. Returns the new passwords by username.
    """
    given: dict[str, str] = {}
    without = User.objects.filter(username__in=DEMO_USERNAMES, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    for user in without.order_by("pk"):
        if not user.has_rights():
            given[user.username] = "123" if settings.DEBUG else secrets.token_urlsafe(12)
            user.set_password(given[user.username])
            user.save(update_fields=["password"])
    return given
