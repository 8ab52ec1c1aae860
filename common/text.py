"""Text in queries, compared by the functions of the database (see `common.text_functions`)."""

import unicodedata
from hashlib import md5

from django.db.models import CharField, Func, TextField, Value
from django.db.models.functions import MD5, Concat, Left

SORT_KEY_LENGTH = 100  # characters; rows whose keys are equal are sorted by their primary key


class TextKey(Func):
    """The same text for all spellings that differ only in case, Unicode form, width or spaces."""

    function = "text_key"
    output_field = TextField()


class TextFold(Func):
    """Text without case, accents and width, with plain letters and ASCII digits."""

    function = "text_fold"
    output_field = TextField()


def text_key(text: str) -> str:
    """Returns what the database's function of this name returns, for rows that are not stored yet.

    A constraint decides, because Python and PostgreSQL may know different versions of Unicode.
    """
    # PostgreSQL lowers each letter to one letter. In Python, only the capital I with a dot becomes two.
    lowered = unicodedata.normalize("NFKC", text).replace("\u0130", "i").lower()
    lowered = unicodedata.normalize("NFKC", lowered).replace("\u03c2", "\u03c3")
    return " ".join(filter(None, lowered.split(" ")))


def unique_text(*columns: str) -> MD5:
    """Returns an expression for a unique constraint: texts are equal if a reader sees no difference.

    A digest, because PostgreSQL indexes no text of more than 2,704 bytes.
    """
    keys = [TextKey(column) for column in columns]
    return MD5(keys[0] if len(keys) == 1 else Concat(*interleaved(keys), output_field=TextField()))


def unique_text_digest(*texts: str) -> str:
    """Returns what `unique_text` of columns is for texts that are not stored yet. See `text_key`."""
    return md5("\n".join(map(text_key, texts)).encode(), usedforsecurity=False).hexdigest()


def text_digest(text: str) -> MD5:
    """Returns what `unique_text` of one column is for a row with the text, to look that row up."""
    return MD5(TextKey(Value(text)))


def interleaved(keys: list[TextKey]) -> list[TextKey | Value]:
    """Returns the keys with a line end between them, which no field of one line contains."""
    return [part for key in keys for part in (Value("\n"), key)][1:]


def sort_key(column: str) -> Left:
    """Returns the expression of a generated column by which a list is sorted as a reader expects."""
    return Left(TextFold(column), SORT_KEY_LENGTH, output_field=CharField(max_length=SORT_KEY_LENGTH))
