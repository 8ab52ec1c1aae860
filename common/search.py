"""Full-text search by the beginnings of words, in any language: no stemming, no stop words.

PostgreSQL alone takes text apart, the rows' and the caller's: what is a letter differs between it and Python.
"""

from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any, TypeVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.lookups import Exact

Rows = TypeVar("Rows", bound=QuerySet[Any])
FOUND_AT_MOST = 5_000  # rows that a search by index finds: nobody looks through more
HANDED_ON = 1_000  # and those that it hands on to another search


class PlainWords(Func):
    """Text in one Unicode form, with all but letters and digits as spaces.

    PostgreSQL would read `Catch-22` as `catch` and `-22`, and find no composed `é` by one that a Mac wrote as two.
    """

    function = "regexp_replace"
    template = "btrim(%(function)s(normalize(%(expressions)s, NFKC), '[^[:alnum:]]+', ' ', 'g'))"
    output_field = TextField()


class EachWordBegins(Func):
    """`one two` as the query `one:* & two:*`."""

    template = "regexp_replace(replace(%(expressions)s, ' ', ' & '), '[[:alnum:]]+', '\\&:*', 'g')"
    output_field = TextField()


class Matches(Func):
    """Whether a column has what a query asks for; said twice, so that the index of words answers it.

    PostgreSQL believes that any beginning of a word is in a hundredth of the rows at least. For the first page in the
    order of a list it would walk through the whole table after a rare one, and take each row's words out: seconds for a
    million rows. Said twice, a rare word is believed rare (1 to 20 ms), and a common one still common: the list is
    walked for it, which costs nothing unless all that have it stand at its end (0.6 s of a million).
    """

    arg_joiner = " @@ "
    template = "%(expressions)s"
    output_field = BooleanField()

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        sql, values = super().as_sql(*args, **kwargs)
        return f"({sql} AND {sql})", (*values, *values)


def search_vector(*columns: str) -> SearchVector:
    """The expression of a generated column `search` over the given columns."""
    return SearchVector(*(PlainWords(F(column)) for column in columns), config=Value("simple"))


def asked(text: str) -> SearchQuery:
    return SearchQuery(EachWordBegins(PlainWords(Value(text))), config="simple", search_type="raw")


def no_words(text: str) -> Q:
    return Q(Exact(PlainWords(Value(text)), Value("")))


def matching(text: str) -> Q:
    """Rows whose `search` column has, for every word given, a word that begins with it; no word matches all."""
    return Q(Matches(F("search"), asked(text))) | no_words(text)


def search_index(*columns: str, name: str) -> GinIndex:
    """For `searched` over the same columns: a table without a column `search` need not be rewritten for it."""
    return GinIndex(search_vector(*columns), name=name)


def searched(rows: Rows, text: str, *columns: str) -> Rows:
    """Those of `rows` that have the words in `columns`, as `matching` has it, by their `search_index`.

    The limit keeps PostgreSQL from reading all rows in the order of a list, and taking the words of each apart.
    """
    if not has_words(text):
        return rows
    found = rows.model._base_manager.alias(search=search_vector(*columns)).order_by()
    found = found.filter(Q(search=asked(text)) | no_words(text))
    return rows.filter(pk__in=found.values("pk")[:FOUND_AT_MOST])


def by_words(text: str, find: Callable[[str], Q]) -> Q:
    """Rows in which `find` finds every word; from the fifth on they are one, so that a long text costs no more."""
    return reduce(and_, map(find, filter(has_words, text.split(maxsplit=4))), Q())


def has_words(text: str) -> bool:
    """Whether there is anything to look for in it."""
    return any(map(str.isalnum, text))


def first_ids(rows: QuerySet[Any]) -> list[Any]:
    """The keys of some thousand at most, to look for in another table: a join would let PostgreSQL read all of it."""
    return list(rows.order_by().values_list("pk", flat=True)[:HANDED_ON])
