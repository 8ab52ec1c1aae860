"""Cells of CSV that no spreadsheet takes for formulas."""

import re

# Where a cell begins: in ours, and inside of one where a spreadsheet divides at `;`, tabs or line ends, whatever the
# quotes say. And what it begins a formula with; in Japanese also the wide forms. Quotes and apostrophes before that are
# passed over, so that what is guarded can be told from what began with one.
STARTS = r"\A{apostrophe}(?=[\"']*[=+\-@\t\r\n＝＋－＠])|(?<=[;\t\r\n]){apostrophe}(?=[\"']*[=+\-@＝＋－＠])"  # noqa: RUF001
FORMULA = re.compile(STARTS.format(apostrophe=""))
GUARDED = re.compile(STARTS.format(apostrophe="'"))


def guarded(cell: str) -> str:
    return FORMULA.sub("'", cell)


def unguarded(cell: str) -> str:
    return GUARDED.sub("", cell)
