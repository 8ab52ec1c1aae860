"""Titles and authors of real books in twenty scripts (see titles/README.md)."""

from functools import cache
from pathlib import Path
from unicodedata import category, normalize

from books.models import Book, BookType

DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@cache
def real_titles() -> list[tuple[str, str]]:
    """Returns the title and the author of each book."""
    lines = (Path(__file__).parent / "titles" / "titles.tsv").read_text(encoding="utf-8").splitlines()
    return [(title, author) for _language, title, author in (line.split("\t") for line in lines)]


def add_real_titles() -> None:
    titles = real_titles()
    Book.objects.bulk_create(Book(name=name, author=author, book_type=BookType.FICTION) for name, author in titles)


def without_marks(text: str) -> str:
    """Returns the text without the accents of Latin, Greek and Cyrillic, which many keyboards lack."""
    return normalize("NFC", "".join(letter for letter in normalize("NFD", text) if not "\u0300" <= letter <= "\u036f"))


def as_typed_elsewhere(text: str) -> set[str]:
    """Returns the text in the ways in which other keyboards and programs write it."""
    return {
        text,
        without_marks(text),
        without_marks(text).upper(),
        text.lower(),
        normalize("NFD", text),
        text.translate(DIGITS),
    }


def words(text: str) -> set[str]:
    """Returns the words as a reader sees them: what spaces separate, if it has a letter or digit."""
    return {word for word in text.split() if any(category(letter)[0] in "LN" for letter in word)}
