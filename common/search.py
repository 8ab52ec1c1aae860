"""Full-text search for the beginnings of words, in any language: no stemming, no stop words.

Case, accents, width and the script of digits do not matter. Only PostgreSQL splits text into words, that of the rows
and that of the query (`common.text_functions`): it and Python differ on what a letter is.
"""

from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any, TypeVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQueryField, SearchVector
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value

Rows = TypeVar("Rows", bound=QuerySet[Any])
MAX_INDEXED_ROWS = 5_000  # that `filter_by_search_index` finds; people do not read further
MAX_FIRST_IDS = 1_000
WALKED_FIRST = 10  # rows that `first_matches` reads first for each row of the page
WALKED_THEN, MAX_SORTED = 3_000, 1_000  # rows
NO_LIMIT = 2**62  # keeps PostgreSQL from merging a subquery into the statement around it


class PlainWords(Func):
    """What earlier migrations index in place of SearchWords. Nothing else uses it."""

    function = "regexp_replace"
    template = "btrim(%(function)s(normalize(%(expressions)s, NFKC), '[^[:alnum:]]+', ' ', 'g'))"
    output_field = TextField()


class SearchWords(Func):
    """The words of a text, separated by spaces."""

    function = "search_words"
    output_field = TextField()


class SearchQuery(Func):
    """The query for the words of a text. It matches nothing if the text has no words."""

    function = "search_query"
    output_field = SearchQueryField()


class Match(Func):
    """`vector @@ query`. Django's lookup takes no query of another function."""

    arg_joiner = " @@ "
    template = "%(expressions)s"
    output_field = BooleanField()


class MatchTwice(Match):
    """`(column @@ query AND column @@ query)`: the condition is written twice so that PostgreSQL uses the GIN index.

    PostgreSQL estimates that any prefix occurs in at least one row of a hundred. To find the first page of a list, it
    would read the whole table in the order of the list and split the words of each row: for a rare word that takes
    seconds with a million rows. Written twice, a rare word is estimated as rare (1 to 20 ms), and a common word still
    as common: the list is read in its order, which is fast unless all matches are at its end (0.6 s with a million
    rows).
    """

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        sql, values = super().as_sql(*args, **kwargs)
        return f"({sql} AND {sql})", (*values, *values)


def search_vector(*columns: str) -> SearchVector:
    """Returns the expression of a generated column `search` over the columns."""
    return SearchVector(*(SearchWords(F(column)) for column in columns), config=Value("simple"))


def match_words(text: str) -> Q:
    """Returns a condition on the column `search`: each word of the text begins a word of the row.

    A text without words matches no row.
    """
    return Q(MatchTwice(F("search"), SearchQuery(Value(text))))


def first_matches(text: str) -> Callable[[QuerySet[Any], int], QuerySet[Any]]:
    """Returns a function that finds the first of some ordered rows that have the words, for `Keyset.page`.

    PostgreSQL reads the rows in their order if it takes the words for frequent, and through the index of words if it
    takes them for rare. It cannot know: it has no statistics of the beginnings of words, nor of which words occur
    together. So this finds out. The keys of the rows come from the first of these that is enough:

    1. The first rows of the list, WALKED_FIRST times as many as the page has.
    2. The index of words, if it has at most MAX_SORTED. Two frequent words that never occur together end here.
    3. The first WALKED_THEN rows of the list.
    4. The index of words: all are read and sorted, because the words are frequent, but not at this place of the list.
    """

    def cut(rows: QuerySet[Any], number: int) -> QuerySet[Any]:
        return rows.filter(pk__in=first_keys(rows, text, number))

    return cut


def first_keys(rows: QuerySet[Any], text: str, number: int) -> list[Any]:
    """Returns at most `number` primary keys, among them those of the first rows that have the words of the text."""
    keys, is_enough = walk(rows, text, WALKED_FIRST * number, number)
    if is_enough:
        return keys
    has_words = Match(F("search"), SearchQuery(Value(text)))  # once: the index is read for each time
    matches = rows.model._base_manager.filter(has_words).order_by().values_list("pk", flat=True)
    rare = list(matches[: MAX_SORTED + 1])
    if len(rare) <= min(number, MAX_SORTED):  # in any order, and also those that the filters of the list exclude
        return rare
    if len(rare) > MAX_SORTED:
        keys, is_enough = walk(rows, text, WALKED_THEN, number)
        if is_enough:
            return keys
    found = rows.filter(pk__in=rare if len(rare) <= MAX_SORTED else matches[:NO_LIMIT])
    return list(found.values_list("pk", flat=True)[:number])


def walk(rows: QuerySet[Any], text: str, limit: int, number: int) -> tuple[list[Any], bool]:
    """Returns the keys of the rows with the words among the first `limit`, and whether there are `number`, or all."""
    has_words = Match(F("search"), SearchQuery(Value(text)))
    read = list(rows.values_list("pk", has_words)[:limit])
    keys = [key for key, matches in read if matches][:number]
    return keys, len(keys) == number or len(read) < limit


def search_index(*columns: str, name: str) -> GinIndex:
    """Returns an index for `filter_by_search_index` over the same columns.

    Unlike a generated column `search`, it can be added without rewriting the table.
    """
    return GinIndex(search_vector(*columns), name=name)


def filter_by_search_index(rows: Rows, text: str, *columns: str) -> Rows:
    """Returns the rows in whose `columns` each word of the text begins a word. The columns need a `search_index`.

    Without the limit, PostgreSQL would read all rows in the order of the list and split the words of each.
    """
    found = rows.model._base_manager.filter(Match(search_vector(*columns), SearchQuery(Value(text)))).order_by()
    return rows.filter(pk__in=found.values("pk")[:MAX_INDEXED_ROWS])


def match_each_word(text: str, match: Callable[[str], Q]) -> Q:
    """Returns `match` of each word of the text, joined by AND. A text without words matches no row.

    The fifth word and all that follow count as one, so that the cost of a query does not grow with the text.
    """
    words = list(filter(has_words, text.split(maxsplit=4)))
    return reduce(and_, map(match, words)) if words else Q(pk__in=())


def has_words(text: str) -> bool:
    """Returns whether the text has a letter or digit to search for."""
    return any(map(str.isalnum, text))


def first_ids(rows: QuerySet[Any]) -> list[Any]:
    """Returns at most MAX_FIRST_IDS primary keys, to filter another table by.

    With a join instead, PostgreSQL might read the whole other table.
    """
    return list(rows.order_by().values_list("pk", flat=True)[:MAX_FIRST_IDS])
