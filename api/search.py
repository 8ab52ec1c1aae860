"""Full-text search by the beginnings of words, in any language: no stemming, no stop words.

PostgreSQL alone takes text apart, the rows' and the caller's: what is a letter differs between it and Python.
"""

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import Exact


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


def search_vector(*columns: str) -> SearchVector:
    """The expression of a generated column `search` over the given columns."""
    return SearchVector(*(PlainWords(F(column)) for column in columns), config=Value("simple"))


def matching(text: str) -> Q:
    """Rows whose `search` column has, for every word given, a word that begins with it; no word matches all."""
    words = PlainWords(Value(text))
    return Q(search=SearchQuery(EachWordBegins(words), config="simple", search_type="raw")) | Q(Exact(words, Value("")))
