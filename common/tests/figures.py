"""What a part of the dashboard says, as tests like to read it."""

from collections.abc import Iterable
from typing import Any

from common.admin.figures import Chart, Figure, Number, Piece, Table


def figures_of(pieces: Iterable[Piece]) -> dict[str, Any]:
    return {piece.label: piece.number.value for piece in pieces if isinstance(piece, Figure)}


def chart_of(pieces: Iterable[Piece]) -> dict[str, tuple[Any, ...]]:
    """The numbers by their place on the axis of the only chart."""
    (chart,) = (piece for piece in pieces if isinstance(piece, Chart))
    return {point.label: tuple(number.value for number in point.numbers) for point in chart.points}


def table_of(pieces: Iterable[Piece]) -> list[tuple[Any, ...]]:
    """The cells of the only table."""
    (table,) = (piece for piece in pieces if isinstance(piece, Table))
    return [tuple(row.cells) for row in table.rows]


def numbers_of(pieces: Iterable[Piece]) -> list[Number]:
    """Every number there is."""
    pieces = list(pieces)
    alone = [piece.number for piece in pieces if isinstance(piece, Figure)]
    charts = [piece for piece in pieces if isinstance(piece, Chart)]
    return alone + [number for chart in charts for point in chart.points for number in point.numbers]
