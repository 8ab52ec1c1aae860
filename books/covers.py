"""Drawn covers for books without an image: the title on a color, above circles. A title always gets the same cover."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from textwrap import wrap

from books.models import Book

# In units of the drawing; the origin is the upper left corner.
WIDTH, HEIGHT = 120, 180
FIRST_LINE_Y, LINE_HEIGHT = 34, 16
CIRCLES_HEIGHT = 70  # of the lower part, in which the centers of the circles lie
MIN_RADIUS, RADIUS_RANGE = 8, 34

MAX_TITLE_LINES = 5
MAX_TITLE_LINE_LENGTH = 13  # characters
MAX_AUTHOR_LENGTH = 22  # characters
CIRCLE_COUNT = 5
SHADE_COUNT = 3  # of each kind of book, in site.css


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
    """What templates/books/parts/cover.html draws. `shade` is a number from 1 to SHADE_COUNT."""

    shade: int
    title: list[Line]
    author: str
    circles: list[Circle]


def cover_of(book: Book) -> Cover:
    digest = sha256(book.name.encode()).digest()
    title = wrapped(book.name, length=MAX_TITLE_LINE_LENGTH, max_lines=MAX_TITLE_LINES)
    author = wrapped(book.author, length=MAX_AUTHOR_LENGTH, max_lines=1)
    return Cover(
        shade=digest[0] % SHADE_COUNT + 1,
        title=[Line(y, text) for y, text in zip(count(FIRST_LINE_Y, LINE_HEIGHT), title, strict=False)],
        author=author[0] if author else "",
        circles=[circle(*digest[start : start + 3]) for start in range(1, 1 + 3 * CIRCLE_COUNT, 3)],
    )


def wrapped(text: str, *, length: int, max_lines: int) -> list[str]:
    """Returns the text in lines of at most `length` characters; one that is too long ends with an ellipsis."""
    return wrap(text, length, max_lines=max_lines, placeholder=" …")


def circle(first: int, second: int, third: int) -> Circle:
    """Returns a circle from three bytes of a hash."""
    return Circle(x=first % WIDTH, y=HEIGHT - second % CIRCLES_HEIGHT, radius=MIN_RADIUS + third % RADIUS_RANGE)
