"""An invented world over all apps."""

from collections.abc import Callable, Collection
from datetime import datetime
from random import Random

from django.db import transaction

import accounts.dummy
import books.dummy
import devices.dummy
import infractions.dummy
import questions.dummy
import rentals.dummy
import scores.dummy
from accounts.dummy import World, silent

Step = Callable[[str, int, int], None]

PEOPLE = "accounts"

# People first, and what is rented before the rentals.
PARTS: dict[str, Callable[[World], int]] = {
    PEOPLE: accounts.dummy.create,
    "books": books.dummy.create,
    "rentals": rentals.dummy.create,
    "scores": scores.dummy.create,
    "devices": devices.dummy.create,
    "infractions": infractions.dummy.create,
    "questions": questions.dummy.create,
}


@transaction.atomic
def fill(*, seed: int, scale: int, at: datetime, only: Collection[str] = (), step: Step = silent) -> dict[str, int]:
    """Adds people, books and whatever else there is, all or nothing; gives the number of rows by app.

    With `only`, people and these apps. The same seed, scale and time give the same data on a database in the same
    state.
    """
    world, rows = World(random=Random(), scale=scale, at=at, step=step), {}  # noqa: S311
    chosen = {PEOPLE, *(only or PARTS)}
    for name, create in PARTS.items():
        if name not in chosen:
            continue
        world.random.seed(f"{seed} {name}")  # so that no app's data depends on what another one drew
        rows[name] = create(world)
    return rows
