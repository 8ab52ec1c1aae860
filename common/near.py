"""What a reader may have meant by a search that found nothing: searches for words that are spelled nearly the same.

The words of a list are kept in a table (`ListWord`). It is found by SymSpell's way, which needs no extension: two words
are near if both become the same when letters are left out. An index holds each word without each of its letters, and is
asked for the searched word without one of its own, or two. This corrects a letter that is left out, added, mistaken for
another or swapped with the next, and in a long word one more that is added.

A search is only offered if it finds a row for the same reader, with the same filters. So no word is shown of a row that
is deleted, or that the reader may not see.

The lists are those that everyone reads and whose words people remember: names and authors of books, and titles of
questions. Serials, plates and badges are codes, of which the nearest is simply another one. The names of residents and
vehicle owners are not copied into a second table, from which closing an account would have to delete them.
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection, models, transaction
from django.db.models import QuerySet

from common.models import ListWord
from common.near_functions import LONG_WORD

MAX_OFFERS = 3
MAX_TEXT, MAX_WORDS = 200, 8  # characters and words of a search; a longer one is text that was pasted
MAX_DELETED = 10_000  # words at once, so that the lock is short
LOCK_TIMEOUT = "1s"
NEAR_WORDS = """
    SELECT asked.word, array_agg(DISTINCT near.word) FILTER (WHERE near.word IS NOT NULL)
    FROM regexp_split_to_table(btrim(regexp_replace(text_fold(%s), '[^[:alnum:]]+', ' ', 'g')), ' ')
        WITH ORDINALITY AS asked (word, place)
    LEFT JOIN common_listword AS near
        ON near.list = %s AND word_spellings(near.word) && near_spellings(asked.word)
    GROUP BY asked.word, asked.place ORDER BY asked.place
"""


def near_searches(model: type[models.Model], text: str, find: Callable[[str], QuerySet[Any]]) -> list[str]:
    """Returns at most MAX_OFFERS texts near `text`, the nearest first, each of which `find` finds rows for.

    A word that finds rows by itself is taken for right and kept. If there is none other, nothing is offered.
    """
    if len(text) > MAX_TEXT:
        return []
    with connection.cursor() as cursor:
        cursor.execute(NEAR_WORDS, [text, model._meta.db_table])
        words = [(word, nearest(word, near or [])) for word, near in cursor.fetchall()]
    if len(words) > MAX_WORDS or not any(near for _, near in words):
        return []
    options = [[word] if not near or find(word).exists() else near for word, near in words]
    offers = [" ".join(near[min(place, len(near) - 1)] for near in options) for place in range(MAX_OFFERS)]
    asked = " ".join(word for word, _ in words)
    return [offer for offer in dict.fromkeys(offers) if offer != asked and find(offer).exists()]


def nearest(word: str, candidates: list[str]) -> list[str]:
    """Returns the candidates with the fewest mistakes, those that begin with the same letter first."""
    limit = 1 if len(word) < LONG_WORD else 2
    ranked = sorted((mistakes(word, near), near[0] != word[0], near) for near in candidates)
    return [near for count, _, near in ranked if 0 < count <= limit][:MAX_OFFERS]


def mistakes(typed: str, meant: str) -> int:
    """Returns how many letters were left out, added, mistaken for others, or swapped with the next.

    This is the optimal string alignment distance.
    """
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for place, letter in enumerate(typed):
        above, before, row = before, row, [place + 1]
        for other, expected in enumerate(meant):
            cost = min(before[other] + (letter != expected), before[other + 1] + 1, row[other] + 1)
            if place and other and (letter, typed[place - 1]) == (meant[other - 1], expected):
                cost = min(cost, above[other - 1] + 1)
            row.append(cost)
    return row[-1]


def is_unused(word: ListWord) -> bool:
    """Returns whether a word finds no row of its list."""
    [model] = (model for model in apps.get_models() if model._meta.db_table == word.list)
    found: QuerySet[Any] = model._default_manager.search(word.word)  # type: ignore[attr-defined]
    return not found.exists()


def unused_words() -> list[int]:
    """Returns the ids of the words that find no row of their list. Searches once for each word."""
    return [word.pk for word in ListWord.objects.order_by("pk").iterator() if is_unused(word)]


def unused_words_delete() -> int:
    """Deletes the words that find no row of their list, and returns how many.

    A transaction that adds a row with such a word, and finds it here, does not add it again. So this locks out all that
    add words, and searches again. It deletes nothing if one of them takes longer than LOCK_TIMEOUT.
    """
    unused = unused_words()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            with transaction.atomic():
                cursor.execute("LOCK TABLE common_listword IN SHARE ROW EXCLUSIVE MODE")
        except OperationalError:
            return 0
        still_unused = [word.pk for word in ListWord.objects.filter(pk__in=unused[:MAX_DELETED]) if is_unused(word)]
        return ListWord.objects.filter(pk__in=still_unused).delete()[0]
