"""Reading and writing CSV files: encoding, delimiters, limits and escaped formulas."""

import csv
import io
import re
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from common.admin.cells import escape_formulas, unescape_formulas


class Table(NamedTuple):
    columns: list[str]
    rows: list[list[str]]  # each as long as `columns`


def read_text(file: UploadedFile) -> str:
    """Returns the text of an uploaded file. Raises ValidationError if it is too large or not UTF-8."""
    if (file.size or 0) > settings.IMPORT_MAX_BYTES:
        raise ValidationError(_("The file is larger than %(bytes)s bytes.") % {"bytes": settings.IMPORT_MAX_BYTES})
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # UTF-16 has many NULs, and PostgreSQL refuses them
        raise ValidationError(_("The file must be UTF-8."))
    return text


def read_table(text: str) -> Table:
    """Returns the columns and rows of CSV text. Skips empty lines, and adds the cells that short rows lack.

    Raises ValidationError if it is not valid CSV or has too many rows.
    """
    head = re.split(r"[\r\n]", text, maxsplit=1)[0]
    # Spreadsheets separate cells with semicolons in languages that use a decimal comma.
    delimiter = ";" if head.count(";") > head.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        columns = next(lines, [])
        for cells in filter(None, lines):
            if len(cells) > len(columns):
                raise ValidationError(_("A row has more cells than there are columns."))
            if len(rows) == settings.IMPORT_MAX_ROWS:
                raise ValidationError(_("The file has more than %(limit)s rows.") % {"limit": settings.IMPORT_MAX_ROWS})
            rows.append([unescape_formulas(cell) for cell in cells] + [""] * (len(columns) - len(cells)))
    except csv.Error as error:
        limit = {"limit": csv.field_size_limit()}
        raise ValidationError(_("A cell has more than %(limit)s characters.") % limit) from error
    return Table(columns, rows)


def write_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """Returns a CSV file with a byte order mark, without which spreadsheets misread UTF-8."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows(map(escape_formulas, row) for row in rows)
    return file.getvalue().encode("utf-8-sig")
