"""Invented residents, and the world that every app's `dummy.py` fills."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
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

KNOWN = ("user_1", "user_2")
RESIDENTS = 23  # beside the two, at scale 1
BATCH = 1000
UP = (timedelta(hours=8), timedelta(hours=20))  # from midnight
DOMAIN = "residents.example.org"
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


def silent(what: str, done: int, of: int) -> None:
    """Reports to nobody."""


@dataclass
class World:
    """What an app's `create(world) -> int` (rows made) goes by.

    Every choice comes from `random` and every time from `at`, so that a seed gives the same data again; `scale` is 1
    for a small demo. `user_ids` are the people: user_1, user_2 and the new residents.
    """

    random: Random
    scale: int
    at: datetime
    user_ids: list[int] = field(default_factory=list)
    step: Callable[[str, int, int], None] = silent
    days: dict[date, tuple[datetime, datetime]] = field(default_factory=dict)  # worked out so far

    @cached_property
    def staff_id(self) -> int:
        """Who does what only staff do: the first admin, or the first of the people where there is none."""
        admins = User.objects.filter(is_superuser=True).order_by("pk")
        return admins.values_list("pk", flat=True).first() or self.user_ids[0]

    def store(self, rows: Sequence[M]) -> int:
        """Inserts rows of one model, and says how many."""
        return sum(1 for _ in self.stored(rows, of=len(rows)))

    def stored(self, rows: Iterable[M], *, of: int) -> Iterator[M]:
        """Inserts rows of one model in batches, reports each batch to `step`, and gives each row with its key.

        It keeps none of them, so that their number is bounded by the disk alone.
        """
        left, done = iter(rows), 0
        while batch := list(islice(left, BATCH)):
            type(batch[0])._default_manager.bulk_create(batch)
            done += len(batch)
            self.step(str(batch[0]._meta.verbose_name_plural), done, of)
            yield from batch

    def moment(self, days: float, since: datetime | None = None) -> datetime:
        """A time when people are up, within so many days before `at`, but not before `since`."""
        past = timedelta(days=days)
        if since is not None:
            past = min(past, self.at - since)
        return self.awake(self.at - past * self.random.random(), since=since)

    def awake(self, moment: datetime, *, since: datetime | None = None) -> datetime:
        """A moment of the night moved into its day, and all others with it, so that none overtakes another; not after
        `at` (who is up before 8 keeps the night of that day), nor before `since`.
        """
        starts, ends = self.day(timezone.localdate(moment))
        opens, closes = starts + UP[0], min(starts + UP[1], self.at)
        if opens < closes:
            moment = opens + (closes - opens) * ((moment - starts) / (min(ends, self.at) - starts))
        return moment if since is None else max(moment, since)

    def day(self, date: date) -> tuple[datetime, datetime]:
        """When a day of TIME_ZONE starts and ends."""
        if date not in self.days:
            self.days[date] = day_start(date), day_start(date + timedelta(days=1))
        return self.days[date]


def create(world: World) -> int:
    """user_1 and user_2 where they are missing, and new residents; nobody gets a password."""
    names = User.objects.annotate(lowered=Lower("username")).filter(lowered__startswith="user_")
    taken = dict(names.values_list("lowered", "pk"))
    free = (name for number in count(1) if (name := f"user_{number}") not in taken)
    missing = [name for name in KNOWN if name not in taken]
    new = list(islice(free, len(missing) + RESIDENTS * world.scale))
    emails = free_emails(new)
    joined = sorted(world.moment(730) for _ in new)
    people = (person(world, name, emails[name], at) for name, at in zip(new, joined, strict=True))
    stored = {user.pk: user.email for user in world.stored(people, of=len(new))}
    addressed = {user_id: email for user_id, email in stored.items() if email}
    addresses = (
        EmailAddress(user_id=user_id, email=email, verified=True, primary=True) for user_id, email in addressed.items()
    )
    world.user_ids = [taken[name] for name in KNOWN if name in taken] + list(stored)
    return len(stored) + sum(1 for _ in world.stored(addresses, of=len(addressed)))


def free_emails(names: list[str]) -> dict[str, str]:
    """An address for each name; none where somebody else has it."""
    emails = {name: f"{name}@{DOMAIN}" for name in names}
    there = User.objects.annotate(lowered=Lower("email")).filter(lowered__endswith=DOMAIN)
    taken = set(there.values_list("lowered", flat=True))
    return {name: "" if email in taken else email for name, email in emails.items()}


def person(world: World, username: str, email: str, joined: datetime) -> User:
    choice = world.random.choice
    return User(
        username=username,
        email=email,
        password=make_password(None),
        name=f"{choice(FIRST_NAMES.split())} {choice(LAST_NAMES.split())}",
        phone=f"+1555{world.random.randrange(10**7):07}",
        address=f"{world.random.randint(1, 120)} {choice(STREETS)}",
        date_joined=joined,
    )


def passwords_give() -> dict[str, str]:
    """Gives user_1 and user_2 a password where they have none: `123` with DEBUG on, else a generated one.

    Leaves an account alone that is more than a resident's.
    """
    given: dict[str, str] = {}
    for user in User.objects.filter(username__in=KNOWN, password__startswith=UNUSABLE_PASSWORD_PREFIX).order_by("pk"):
        if user.has_rights():
            continue
        given[user.username] = "123" if settings.DEBUG else secrets.token_urlsafe(12)
        user.set_password(given[user.username])
        user.save(update_fields=["password"])
    return given
