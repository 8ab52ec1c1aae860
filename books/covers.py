"""Drawn covers for books without an image: the title set on a colour and a figure, the same for a book each time."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from textwrap import wrap

from books.models import Book

WIDTH, HEIGHT = 120, 180  # units of the drawing
LINE_LETTERS, LINE_HEIGHT, MAX_LINES, FIRST_LINE = 13, 16, 5, 34
SHAPES = 5
SHADES = 3


@dataclass(frozen=True)
class Line:
    y: int
    text: str


@dataclass(frozen=True)
class Circle:
    x: int
    y: int
    radius: int


@dataclass(frozen=True)
class Cover:
    """`shade` is one of those of the book's kind; the circles lie in the lower part, below the title."""

    shade: int
    title: list[Line]
    author: str
    circles: list[Circle]


def cover_of(book: Book) -> Cover:
    digest = sha256(book.name.encode()).digest()
    return Cover(
        shade=digest[0] % SHADES + 1,
        title=[Line(y, text) for y, text in zip(count(FIRST_LINE, LINE_HEIGHT), lines(book.name), strict=False)],
        author=lines(book.author, letters=22, most=1)[0] if book.author.strip() else "",
        circles=[circle(*digest[start : start + 3]) for start in range(1, 1 + 3 * SHAPES, 3)],
    )


def lines(text: str, *, letters: int = LINE_LETTERS, most: int = MAX_LINES) -> list[str]:
    return wrap(text, letters, max_lines=most, placeholder=" …")


def circle(first: int, second: int, third: int) -> Circle:
    return Circle(x=first % WIDTH, y=HEIGHT - second % 70, radius=8 + third % 34)
