"""Ratios and tables in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Ratio:
    """The median of pairwise ratios, with the least and the largest one."""

    median: float
    least: float
    largest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.largest:.2f})"


def ratio_of(ours: Sequence[float], others: Sequence[float]) -> Ratio:
    """Compares two contenders round by round, because the rounds differ more than the contenders."""
    ratios = [a / b for a, b in zip(ours, others, strict=True)]
    return Ratio(median(ratios), min(ratios), max(ratios))


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Returns a table in Markdown. None is an empty cell."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join('' if cell is None else str(cell) for cell in line)} |" for line in lines)


def verdict(value: float, goal: float | None) -> str | None:
    """Returns the goal and whether the value reaches it."""
    return None if goal is None else f"{goal:g}, {'reached' if value <= goal else 'missed'}"
