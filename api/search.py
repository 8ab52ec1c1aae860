"""Full-text search by the beginnings of words, in any language: no stemming, no stop words."""

import re

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import F, Func, Q, TextField, Value

WORD = re.compile(r"[^\W_]+")


class PlainWords(Func):
    """A column with all but letters and digits as spaces: PostgreSQL would read `Catch-22` as `catch` and `-22`."""

    function = "regexp_replace"
    template = "%(function)s(%(expressions)s, '[^[:alnum:]]+', ' ', 'g')"
    output_field = TextField()


def search_vector(*columns: str) -> SearchVector:
    """The expression of a generated column `search` over the given columns."""
    return SearchVector(*(PlainWords(F(column)) for column in columns), config=Value("simple"))


def matching(text: str) -> Q:
    """Rows whose `search` column has, for every word given, a word that begins with it; no word matches all."""
    words = WORD.findall(text)
    if not words:
        return Q()
    return Q(search=SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw"))
