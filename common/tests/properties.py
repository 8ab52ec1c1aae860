"""Tests of properties: what must hold for every input, tried with inputs that hypothesis makes.

The inputs are the same at each run. The tests try few of them, `script/fuzz properties` many.
"""

import os
import unicodedata
from typing import Any

from django.db import connection
from django.test import tag
from hypothesis import HealthCheck, settings, strategies
from hypothesis.extra.django import TestCase

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))

settings.register_profile(
    "repeatable",
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,  # no test depends on how fast the machine is
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("repeatable")


def is_known(character: str) -> bool:
    """Returns whether a character has been in Unicode since 3.2, so that Python and PostgreSQL treat it alike."""
    return unicodedata.ucd_3_2_0.category(character) != "Cn"


# Characters that PostgreSQL can store, often those with which the rules of text have to do.
characters = strategies.one_of(
    strategies.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0").filter(is_known),
    strategies.sampled_from(" aAéÉßſıİłŁøŒﬁ½²ΑαςσΣЁё가각ガｶﾞ१١３\u0301\u0327\u0345\u00a0\u3000-‐'’.,;\"=+@\t\n"),  # noqa: RUF001
)
texts = strategies.text(characters, max_size=12)


@tag("slow")
class PropertyTestCase(TestCase):
    """Each example is tried in a transaction of its own."""


def computed(expression: str, *values: Any) -> Any:
    """Returns what PostgreSQL computes, one value or several."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}", values)
        row = cursor.fetchone()
    return row[0] if len(row) == 1 else row
