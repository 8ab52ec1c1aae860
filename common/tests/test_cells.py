"""Escaping formulas in cells of CSV."""

import csv
import io
from random import Random

from django.test import SimpleTestCase

from common.admin.cells import escape_formulas, unescape_formulas

BEGINNINGS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001
PIECES = [*BEGINNINGS, "'", '"', ";", "\t", "\r", "\n", ",", " ", "a", "1"]


def cells_of(line: str, delimiter: str) -> list[str]:
    """Returns the cells as a spreadsheet reads them that splits at the delimiter and ignores quotes."""
    return [cell for row in line.splitlines() for cell in row.split(delimiter)]


class CellTests(SimpleTestCase):
    def test_plain_text_is_not_changed(self) -> None:
        for text in ("", "a=1", "a; b", "it's", "'tis", '"quoted"', "two\r\nlines", "12", "a - b"):
            with self.subTest(text=text):
                self.assertEqual(escape_formulas(text), text)

    def test_the_start_of_a_formula_is_escaped(self) -> None:
        for text in [f"{beginning}1" for beginning in BEGINNINGS] + ["\t=1", "\r=1", "\n1", "'=1", "''+1", '"=1']:
            with self.subTest(text=text):
                self.assertTrue(escape_formulas(text).startswith("'"))

    def test_it_is_also_escaped_for_spreadsheets_with_another_delimiter(self) -> None:
        file = io.StringIO()
        for text in ("seen;=1+1;x", 'seen;"=1+1";x', "seen\t+1", "seen\n-1", "a,b;@SUM(1)"):
            csv.writer(file).writerow(["1", escape_formulas(text), "Olga"])
        for delimiter in (";", "\t"):
            for cell in cells_of(file.getvalue(), delimiter):
                self.assertFalse(cell.lstrip('"').startswith(BEGINNINGS), cell)

    def test_unescaping_reverses_escaping(self) -> None:
        random = Random(7)
        for _ in range(5000):
            text = "".join(random.choices(PIECES, k=random.randint(0, 8)))
            self.assertEqual(unescape_formulas(escape_formulas(text)), text, repr(text))
