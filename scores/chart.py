"""Scores as a line chart: where everything stands on a drawing surface of WIDTH by HEIGHT."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from common.templatetags.numbers import plain
from scores.models import Score

WIDTH, HEIGHT = 360, 200
TOP, RIGHT, BOTTOM = 10, 12, 26  # what is left free beside the lines, for labels
LETTER = 7  # the width of one, in the labels on the left
STEPS = 4  # at most so many between the lowest line and the highest, or one more
DIGITS = 60  # the difference of two scores can have more than the 28 that Decimal starts with


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    score: Score


@dataclass(frozen=True)
class Line:
    """A line across, and the score that it stands for."""

    y: float
    label: str


@dataclass(frozen=True)
class Mark:
    """A time under the points; `anchor` is the side of the text that stands at x."""

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
    """The chart of scores, from the oldest at the left to the newest, one step each; None without any."""
    scores = list(reversed(newest_first))
    if not scores:
        return None
    levels = levels_over([score.score for score in scores])
    labels = [plain(level) for level in levels]
    left, right = LETTER * max(map(len, labels)) + 8, WIDTH - RIGHT
    points = [
        Point(across(number, len(scores), left, right), height_of(score.score, levels), score)
        for number, score in enumerate(scores)
    ]
    return Chart(
        left=left,
        right=right,
        bottom=HEIGHT - BOTTOM,
        lines=[Line(height_of(level, levels), label) for level, label in zip(levels, labels, strict=True)],
        points=points,
        marks=marks_under(points),
        path=" ".join(f"{point.x},{point.y}" for point in points),
    )


def levels_over(values: list[Decimal]) -> list[Decimal]:
    """Round numbers at one distance, the first not above the least value and the last not below the greatest."""
    with localcontext(prec=DIGITS):
        least, most = min(values), max(values)
        step = round_step((most - least) / STEPS)
        first, last = least // step, most // step
        first -= first * step > least  # division cuts towards zero
        last += last * step < most
        if first == last:
            first, last = first - 1, last + 1
        return [step * number for number in range(int(first), int(last) + 1)]


def round_step(size: Decimal) -> Decimal:
    """The least of 1, 2 and 5 times a power of ten that is not below the size; 1 for no size at all."""
    if not size:
        return Decimal(1)
    power = Decimal(10) ** size.adjusted()
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= size)


def across(number: int, count: int, left: float, right: float) -> float:
    """Where a point stands from the left; a single one in the middle."""
    share = number / (count - 1) if count > 1 else 0.5
    return round(left + share * (right - left), 1)


def height_of(value: Decimal, levels: list[Decimal]) -> float:
    """Where a score stands from above."""
    with localcontext(prec=DIGITS):
        share = float((value - levels[0]) / (levels[-1] - levels[0]))
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def marks_under(points: list[Point]) -> list[Mark]:
    """The times of the first point and the last."""
    first, last = points[0], points[-1]
    if first is last:
        return [Mark(first.x, first.score.date_submitted, "middle")]
    return [Mark(first.x, first.score.date_submitted, "start"), Mark(last.x, last.score.date_submitted, "end")]
