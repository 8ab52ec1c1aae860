"""How much of what behaves alike the tests of all routes and pages try."""

import os
from collections.abc import Iterable
from typing import TypeVar

# project/local sets it in CI and when tests are named. Otherwise a value is tried with fewer of the calls that read it
# alike, and a rule with fewer of the routes and models.
TRIES_EVERYTHING = "TEST_EVERYTHING" in os.environ
STEP = 16

T = TypeVar("T")


def some_of(values: Iterable[T], reader: object) -> list[T]:
    """Returns every sixteenth of the values, from another one on for each reader, so that all are tried somewhere.

    CI and tests that are named get all of them.
    """
    found = list(values)
    return found if TRIES_EVERYTHING or not found else found[len(str(reader)) % min(STEP, len(found)) :: STEP]
