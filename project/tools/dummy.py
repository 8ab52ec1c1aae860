"""Dummy data for all apps."""

from collections.abc import Callable, Collection
from datetime import datetime
from importlib import import_module
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.dummy import World, passwords_give, report_nothing
from accounts.models import User
from books.models import Book

Step = Callable[[str, int, int], None]

PEOPLE = "accounts"
# Apps in the order of creation: other data refers to people, and rentals refer to books.
PARTS = (PEOPLE, "books", "rentals", "scores", "devices", "infractions", "questions")


@transaction.atomic
def fill(
    *, seed: int, scale: int, at: datetime, only: Collection[str] = (), step: Step = report_nothing
) -> dict[str, int]:
    """Adds dummy data in one transaction. Returns the number of rows by app.

    `only` limits it to people and these apps. The same seed, scale and time give the same data on a database in the
    same state.
    """
    world, rows = World(random=Random(), scale=scale, at=at, step=step), {}  # noqa: S311
    for name in PARTS:
        if not only or name in {PEOPLE, *only}:
            world.random.seed(f"{seed} {name}")  # so that the data of an app does not depend on other apps
            rows[name] = import_module(f"{name}.dummy").create(world)
    return rows


def demo_load() -> bool:
    """Adds dummy data at a first start. Returns whether it did: not if there are books, or users other than superusers.

    user_1 and user_2 get passwords only with DEBUG on. Otherwise they cannot sign in until create_dummy_data sets one.
    """
    if Book.objects.exists() or User.objects.filter(is_superuser=False).exists():
        return False
    fill(seed=1, scale=1, at=timezone.now())
    if settings.DEBUG:
        passwords_give()
    return True
