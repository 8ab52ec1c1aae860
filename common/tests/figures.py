"""Helpers that read the parts of the dashboard in tests."""

from collections.abc import Iterable
from typing import Any

from common.admin.figures import Chart, Figure, Number, Piece, Table


def figures_of(pieces: Iterable[Piece]) -> dict[str, Any]:
    return {piece.label: piece.number.value for piece in pieces if isinstance(piece, Figure)}


def chart_of(pieces: Iterable[Piece]) -> dict[str, tuple[Any, ...]]:
    """Returns the numbers of the only chart, by their label on the axis."""
    (chart,) = (piece for piece in pieces if isinstance(piece, Chart))
    return {point.label: tuple(number.value for number in point.numbers) for point in chart.points}


def table_of(pieces: Iterable[Piece]) -> list[tuple[Any, ...]]:
    """Returns the cells of the only table."""
    (table,) = (piece for piece in pieces if isinstance(piece, Table))
    return [tuple(row.cells) for row in table.rows]


def numbers_of(pieces: Iterable[Piece]) -> list[Number]:
    """Returns the numbers of all figures and charts."""
    pieces = list(pieces)
    single = [piece.number for piece in pieces if isinstance(piece, Figure)]
    charts = [piece for piece in pieces if isinstance(piece, Chart)]
    return single + [number for chart in charts for point in chart.points for number in point.numbers]
