"""A line chart of scores, as coordinates in an SVG of WIDTH by HEIGHT."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from common.templatetags.numbers import plain
from scores.models import Score

WIDTH, HEIGHT = 360, 200
MARGIN_TOP, MARGIN_RIGHT, MARGIN_BOTTOM = 10, 12, 26
LETTER_WIDTH = 7  # in the labels on the left
MAX_STEPS = 4  # between the lowest and the highest line; rounding can add one
DECIMAL_PRECISION = 60  # the difference of two scores can have more digits than Decimal's default of 28


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    score: Score


@dataclass(frozen=True)
class Line:
    """A horizontal line, labeled with its score."""

    y: float
    label: str


@dataclass(frozen=True)
class Mark:
    """The label of a time below the points. `anchor` is the value of `text-anchor`."""

    x: float
    time: datetime
    anchor: str


@dataclass(frozen=True)
class Chart:
    left: float
    right: float
    bottom: float
    lines: list[Line]
    points: list[Point]
    marks: list[Mark]
    path: str
    width: int = WIDTH
    height: int = HEIGHT


def chart_of(newest_first: Sequence[Score]) -> Chart | None:
    """Returns the chart of scores, at equal distances from the oldest on the left; None if there are no scores."""
    scores = list(reversed(newest_first))
    if not scores:
        return None
    levels = levels_around([score.score for score in scores])
    labels = [plain(level) for level in levels]
    left, right = LETTER_WIDTH * max(map(len, labels)) + 8, WIDTH - MARGIN_RIGHT
    points = [
        Point(x_of(number, len(scores), left, right), y_of(score.score, levels), score)
        for number, score in enumerate(scores)
    ]
    return Chart(
        left=left,
        right=right,
        bottom=HEIGHT - MARGIN_BOTTOM,
        lines=[Line(y_of(level, levels), label) for level, label in zip(levels, labels, strict=True)],
        points=points,
        marks=marks_under(points),
        path=" ".join(f"{point.x},{point.y}" for point in points),
    )


def levels_around(values: list[Decimal]) -> list[Decimal]:
    """Returns round numbers at equal distances, from the smallest value or below to the largest value or above."""
    with localcontext(prec=DECIMAL_PRECISION):
        smallest, largest = min(values), max(values)
        step = round_step((largest - smallest) / MAX_STEPS)
        first, last = smallest // step, largest // step
        first -= first * step > smallest  # // of Decimals truncates toward zero
        last += last * step < largest
        if first == last:
            first, last = first - 1, last + 1
        return [step * number for number in range(int(first), int(last) + 1)]


def round_step(size: Decimal) -> Decimal:
    """Returns the smallest of 1, 2 and 5 times a power of ten that is not below the size; 1 if the size is 0."""
    if not size:
        return Decimal(1)
    power = Decimal(10) ** size.adjusted()
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= size)


def x_of(number: int, count: int, left: float, right: float) -> float:
    """Returns the x of a point. A single point is in the middle."""
    share = number / (count - 1) if count > 1 else 0.5
    return round(left + share * (right - left), 1)


def y_of(value: Decimal, levels: list[Decimal]) -> float:
    """Returns the y of a score."""
    with localcontext(prec=DECIMAL_PRECISION):
        share = float((value - levels[0]) / (levels[-1] - levels[0]))
    return round(HEIGHT - MARGIN_BOTTOM - share * (HEIGHT - MARGIN_TOP - MARGIN_BOTTOM), 1)


def marks_under(points: list[Point]) -> list[Mark]:
    """Returns the times of the first and the last point."""
    first, last = points[0], points[-1]
    if first is last:
        return [Mark(first.x, first.score.date_submitted, "middle")]
    return [Mark(first.x, first.score.date_submitted, "start"), Mark(last.x, last.score.date_submitted, "end")]
