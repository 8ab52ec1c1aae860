"""How much of what behaves alike the tests of all routes and pages try."""

import os
from collections.abc import Sequence
from typing import TypeVar

# As in CI: `manage.py test --with-coverage` sets it. Otherwise a value is tried with fewer of the calls that read it
# alike.
TRIES_EVERYTHING = "TEST_EVERYTHING" in os.environ
STEP = 8

T = TypeVar("T")


def some_of(values: Sequence[T], reader: object) -> Sequence[T]:
    """Returns every eighth of the values, from another one on for each reader, so that all of them are tried somewhere.

    CI gets all of them.
    """
    return values if TRIES_EVERYTHING else values[len(str(reader)) % min(STEP, len(values)) :: STEP]
