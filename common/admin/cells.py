"""Escaping of CSV cells that spreadsheets would take for formulas."""

import re

# The start of a formula: at the beginning of a cell, or inside it after `;`, a tab or a line end, at which some
# spreadsheets split a line regardless of quotes. The wide characters start formulas in Japanese. Leading quotes and
# apostrophes are skipped, so that a cell that already began with an apostrophe is unescaped correctly.
FORMULA_START = r"\A{apostrophe}(?=[\"']*[=+\-@\t\r\n＝＋－＠])|(?<=[;\t\r\n]){apostrophe}(?=[\"']*[=+\-@＝＋－＠])"  # noqa: RUF001
UNESCAPED = re.compile(FORMULA_START.format(apostrophe=""))
ESCAPED = re.compile(FORMULA_START.format(apostrophe="'"))
# A cell that neither of them can match. Most are, and this is found out in a fraction of the time.
is_plain = re.compile(r"[^\"'=+\-@;\t\r\n＝＋－＠][^;\t\r\n]*\Z").match  # noqa: RUF001


def escape_formulas(cell: str) -> str:
    return cell if is_plain(cell) else UNESCAPED.sub("'", cell)


def unescape_formulas(cell: str) -> str:
    return cell if is_plain(cell) else ESCAPED.sub("", cell)
