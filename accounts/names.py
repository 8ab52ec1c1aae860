"""What usernames and the names of residents may look like, so that no account passes for another one.

Scripts and lookalikes are those of Unicode (UTS 39), as the package confusable-homoglyphs contains them.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from confusable_homoglyphs.categories import alias
from confusable_homoglyphs.utils import load
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

FILL_BATCH = 5000  # rows that one statement updates
FILL_SQL = """
    UPDATE accounts_user SET username_skeleton = given.skeleton
    FROM unnest(%s::bigint[], %s::text[]) AS given (id, skeleton)
    WHERE accounts_user.id = given.id AND username_skeleton IS NULL
    AND NOT EXISTS (SELECT FROM accounts_user other WHERE other.username_skeleton = given.skeleton)
"""
# Characters that every script uses: digits, signs and accents.
SHARED_SCRIPTS = {"COMMON", "INHERITED"}
# Scripts that one language writes together.
WRITTEN_TOGETHER = (
    {"HAN", "HIRAGANA", "KATAKANA"},
    {"HAN", "HANGUL"},
    {"HAN", "BOPOMOFO"},
)
MIXED_SCRIPTS = _("Use the letters of one script only.")
RESERVED = _("This name is reserved for the town hall.")
# No account of a resident has one of these as its username, or as its name.
RESERVED_WORDS = frozenset(
    [
        "admin",
        "admins",
        "administrator",
        "administrators",
        "administrador",
        "administradora",
        "root",
        "superuser",
        "sysadmin",
        "webmaster",
        "postmaster",
        "hostmaster",
        "system",
        "sistema",
        "security",
        "seguridad",
        "support",
        "soporte",
        "staff",
        "personal",
        "moderator",
        "moderador",
        "moderadora",
        "librarian",
        "bibliotecario",
        "bibliotecaria",
        "officer",
        "agente",
        "mayor",
        "mayoress",
        "alcalde",
        "alcaldesa",
        "cityhall",
    ]
)
# The parts of the town hall, as they sign. Their translations are reserved too.
OFFICES = (_("Town hall"), _("Traffic office"), _("Accounts desk"), _("Front desk"))
# Digits that are read as letters within a word. The letter i counts as l, because 1 looks like both.
DIGITS_AS_LETTERS = str.maketrans("01i", "oll")
# What `public_name` shows for an account without a name, with the letters that look like digits.
RESIDENT_NUMBER = re.compile(r"residente?s?(?:n|no|nr|num|number|numero)?[0-9ilo]+")


@cache
def prototypes() -> dict[str, str]:
    """Returns the character, or the characters, that stand for each one that looks like others.

    The package lists for each character those that look like it. One that looks like several is the prototype of
    all of them, as is a pair of letters such as `rn`, which `m` looks like.
    """
    lookalikes: dict[str, list[dict[str, str]]] = load("confusables.json")
    found = {}
    for character, others in lookalikes.items():
        if len(character) == 1 and len(others) == 1:
            other = others[0]["c"]
            is_only_pair = len(other) == 1 and len(lookalikes.get(other, ())) <= 1
            found[character] = min(character, other) if is_only_pair else other
    return found


def skeleton(username: str) -> str:
    """Returns the same text for all usernames that look alike, such as `paul` with a capital I at its end.

    The second pass finds lookalikes among the small letters of capitals, such as the `m` of an `M`.
    """
    text = unicodedata.normalize("NFKC", username)
    table = prototypes()
    for _pass in range(2):
        decomposed = unicodedata.normalize("NFD", text)
        text = "".join(table.get(character, character) for character in decomposed).casefold()
    return unicodedata.normalize("NFC", text)


class SkeletonField(models.CharField):  # type: ignore[type-arg]
    """The skeleton of the username (see `skeleton`), computed whenever the account is inserted or saved.

    It is null for an account that was there before skeletons were unique and looks like an older one. Such an account
    keeps its username, and saving it changes nothing.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        if add or getattr(model_instance, self.attname) is not None:
            setattr(model_instance, self.attname, skeleton(model_instance.username))  # type: ignore[attr-defined]
        value: str | None = super().pre_save(model_instance, add)
        return value


def scripts_of(text: str) -> set[str]:
    return {alias(character) for character in text} - SHARED_SCRIPTS


def check_one_script(username: str) -> None:
    """Raises ValidationError if letters of several scripts are mixed, such as a Cyrillic letter in a Latin name."""
    scripts = scripts_of(username)
    if len(scripts) > 1 and not any(scripts <= together for together in WRITTEN_TOGETHER):
        raise ValidationError(MIXED_SCRIPTS)


def check_not_reserved(name: str) -> None:
    """Raises ValidationError for a username or name that reads like the town hall, its staff or `Resident 1`.

    For what people choose themselves. Staff may give such a name.
    """
    letters = plain_letters(name)
    words = letters.rstrip("0123456789").translate(DIGITS_AS_LETTERS)
    if (
        words in {word.translate(DIGITS_AS_LETTERS) for word in RESERVED_WORDS}
        or RESIDENT_NUMBER.fullmatch(letters)
        or any(office in letters.translate(DIGITS_AS_LETTERS) for office in office_names())
    ):
        raise ValidationError(RESERVED)


def plain_letters(text: str) -> str:
    """Returns the letters and digits of a text, in small letters without accents, lookalikes as Latin ones."""
    decomposed = unicodedata.normalize("NFKD", text)
    latin = "".join(plain_character(character) for character in decomposed)
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", latin))).casefold()


def plain_character(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    return character if character.isascii() else prototypes().get(character, character)


@cache
def office_names() -> frozenset[str]:
    """Returns the plain letters of OFFICES in all languages."""
    names = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            names |= {plain_letters(str(office)).translate(DIGITS_AS_LETTERS) for office in OFFICES}
    return frozenset(names)


def skeletons_fill(connection: Any) -> Iterator[tuple[str, str]]:
    """Fills the skeletons that are missing. Yields each username that looks like an older one, and the older one.

    A migration calls this before the column has a unique index, and `manage.py collisions` for the accounts that
    the previous release created during an update. An account that looks like an older one stays without a skeleton.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT username_skeleton, username FROM accounts_user WHERE username_skeleton IS NOT NULL")
        holders = dict(cursor.fetchall())
        cursor.execute("SELECT id, username FROM accounts_user WHERE username_skeleton IS NULL ORDER BY id")
        missing = cursor.fetchall()
        collisions, filled = [], []
        for key, username in missing:
            text = skeleton(username)
            if text in holders:
                collisions.append((username, holders[text]))
            else:
                holders[text] = username
                filled.append((key, text))
        for start in range(0, len(filled), FILL_BATCH):
            keys, texts = zip(*filled[start : start + FILL_BATCH], strict=True)
            cursor.execute(FILL_SQL, [list(keys), list(texts)])
    yield from collisions
