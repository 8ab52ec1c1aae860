"""An invented world over all apps."""

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random

from django.apps import apps
from django.conf import settings
from django.db import transaction

from accounts.dummy import World, silent

Step = Callable[[str, int, int], None]


def parts() -> Iterator[tuple[str, Callable[[World], int]]]:
    """`create` of each app's `dummy.py`, by the app's name, in the order of INSTALLED_APPS."""
    for app in apps.get_app_configs():
        if Path(app.path).parent == settings.BASE_DIR and find_spec(f"{app.name}.dummy"):
            create = getattr(import_module(f"{app.name}.dummy"), "create", None)
            if create is not None:  # this file is a `dummy.py` as well
                yield app.name, create


@transaction.atomic
def fill(*, seed: int, scale: int, at: datetime, step: Step = silent) -> dict[str, int]:
    """Adds people, books and whatever else there is, all or nothing; gives the number of rows by app.

    The same seed, scale and time give the same data on a database in the same state.
    """
    world, rows = World(random=Random(), scale=scale, at=at, step=step), {}  # noqa: S311
    for name, create in parts():
        world.random.seed(f"{seed} {name}")  # so that no app's data depends on what another one drew
        rows[name] = create(world)
    return rows
