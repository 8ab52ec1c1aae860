"""Cells of CSV that no spreadsheet takes for formulas."""

import re

# What makes a spreadsheet take a cell for a formula; in Japanese also the wide forms. Apostrophes in front are counted,
# so that what is guarded can be told from what began with one.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001
GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001


def guarded(cell: str) -> str:
    return f"'{cell}" if FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    return cell[1:] if GUARDED.match(cell) else cell
