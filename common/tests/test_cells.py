"""Cells that no spreadsheet takes for formulas, and that come back as they were."""

import csv
import io
from random import Random

from django.test import SimpleTestCase

from common.admin.cells import guarded, unguarded

BEGINNINGS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001
PIECES = [*BEGINNINGS, "'", '"', ";", "\t", "\r", "\n", ",", " ", "a", "1"]


def cells_of(line: str, delimiter: str) -> list[str]:
    """As a spreadsheet that divides at the delimiter would have them, if it knew no quotes."""
    return [cell for row in line.splitlines() for cell in row.split(delimiter)]


class CellTests(SimpleTestCase):
    def test_plain_text_stays_as_it_is(self) -> None:
        for text in ("", "a=1", "a; b", "it's", "'tis", '"quoted"', "two\r\nlines", "12", "a - b"):
            with self.subTest(text=text):
                self.assertEqual(guarded(text), text)

    def test_what_begins_a_formula_is_text(self) -> None:
        for text in [f"{beginning}1" for beginning in BEGINNINGS] + ["\t=1", "\r=1", "\n1", "'=1", "''+1", '"=1']:
            with self.subTest(text=text):
                self.assertTrue(guarded(text).startswith("'"))

    def test_also_where_the_spreadsheet_divides_at_something_else(self) -> None:
        file = io.StringIO()
        for text in ("seen;=1+1;x", 'seen;"=1+1";x', "seen\t+1", "seen\n-1", "a,b;@SUM(1)"):
            csv.writer(file).writerow(["1", guarded(text), "Olga"])
        for delimiter in (";", "\t"):
            for cell in cells_of(file.getvalue(), delimiter):
                self.assertFalse(cell.lstrip('"').startswith(BEGINNINGS), cell)

    def test_every_cell_comes_back_as_it_was(self) -> None:
        random = Random(7)
        for _ in range(5000):
            text = "".join(random.choices(PIECES, k=random.randint(0, 8)))
            self.assertEqual(unguarded(guarded(text)), text, repr(text))
