"""Reading CSV as spreadsheets write it: encodings, delimiters, headings, and rows that are not whole."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.admin.cells import unescape_formulas

MAX_REPORTED_LINES = 10
WORKBOOKS = (b"PK\3\4", b"\xd0\xcf\x11\xe0")  # the first bytes of .xlsx and .ods, and of .xls
DELIMITERS = ",;\t"
DELIMITER_LINE = re.compile(r'"?sep=([,;\t])"?[,;\t]*\r?\n?', re.IGNORECASE)
BLANK_LINE = re.compile(r'[\s,;"]*')
QUOTED = re.compile(r'"[^"]*"')
HEADING_SPACES = re.compile(r"[\s_-]+")


class Line(NamedTuple):
    number: int  # of the line in the file on which the row begins, from 1
    cells: list[str]


class Table(NamedTuple):
    columns: list[str]
    rows: list[Line]  # each with as many cells as there are columns


def read_text(file: UploadedFile) -> str:
    """Returns the text of an uploaded file. Raises ValidationError if it is too large or not UTF-8."""
    if (file.size or 0) > settings.IMPORT_MAX_BYTES:
        raise ValidationError(_("The file is larger than %(bytes)s bytes.") % {"bytes": settings.IMPORT_MAX_BYTES})
    data = file.read()
    if data.startswith(WORKBOOKS):
        raise ValidationError(_("This is a workbook. Save the sheet as CSV, and upload that file."))
    try:
        text = data.decode("utf-8-sig")
        wrong = data.find(b"\0")  # UTF-16 has many, and PostgreSQL refuses them
    except UnicodeDecodeError as error:
        wrong = error.start
    if wrong >= 0:
        message = _(
            "The file must be UTF-8, but line %(line)s is not. Save it again: in Excel as “CSV UTF-8 (Comma "
            "delimited)”, in LibreOffice Calc with “Edit filter settings” and the character set “Unicode (UTF-8)”."
        )
        raise ValidationError(message % {"line": data.count(b"\n", 0, wrong) + 1})
    return text


def read_table(text: str, known_columns: Iterable[str]) -> Table:
    """Returns the columns and rows of CSV text, without blank rows and without empty columns at the end.

    Case, spaces, hyphens and underscores in headings do not matter. Raises ValidationError, with the numbers of the
    lines, if the text is not CSV, if rows have more or fewer cells than there are headings, or if there are too many.
    """
    delimiter, first, start = find_headings(text)
    lines = read_lines(text[start:], delimiter, first)
    names = {heading_key(name): name for name in known_columns}
    columns = [names.get(heading_key(heading), heading.strip()) for heading in next(lines, Line(first, [])).cells]
    while columns and not columns[-1]:
        columns.pop()
    rows: list[Line] = []
    wrong: list[tuple[int, int]] = []
    for number, cells in lines:
        if len(rows) == settings.IMPORT_MAX_ROWS:
            raise ValidationError(_("The file has more than %(limit)s rows.") % {"limit": settings.IMPORT_MAX_ROWS})
        if len(cells) < len(columns) or any(map(str.strip, cells[len(columns) :])):
            wrong.append((number, len(cells)))
        rows.append(Line(number, [unescape_formulas(cell) for cell in cells[: len(columns)]]))
    if wrong:
        raise ValidationError(count_messages(wrong, len(columns)))
    return Table(columns, rows)


def find_headings(text: str) -> tuple[str, int, int]:
    """Returns the delimiter, and the line number and the position of the headings, which may follow blank lines.

    Spreadsheets separate cells with semicolons in languages that use a decimal comma. Excel also reads and keeps a
    line such as `sep=;` before the headings.
    """
    declared, start = "", 0
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if match := DELIMITER_LINE.fullmatch(line):
            declared = match[1]
        elif not BLANK_LINE.fullmatch(line):
            unquoted = QUOTED.sub("", line)
            return declared or max(DELIMITERS, key=unquoted.count), number, start
        start += len(line)
    return DELIMITERS[0], 1, start


def read_lines(text: str, delimiter: str, first: int) -> Iterator[Line]:
    """Yields the rows that are not blank. `first` is the number of the first line of the text."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = first
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield Line(number, cells)
            number = first + reader.line_num
    except csv.Error as error:
        limit = csv.field_size_limit()
        if str(limit) in str(error):
            message = _("A cell in line %(line)s has more than %(limit)s characters.")
        else:
            message = _(
                "In line %(line)s, a quotation mark is not closed, or text follows a closed one. Inside quoted text, "
                "write a quotation mark twice."
            )
        raise ValidationError(message % {"line": number, "limit": limit}) from error


def heading_key(heading: str) -> str:
    return HEADING_SPACES.sub("", heading).casefold()


def count_messages(wrong: list[tuple[int, int]], columns: int) -> list[str]:
    """Returns messages for lines, given with the number of their cells, of which there are too few or too many."""
    messages = [
        ngettext(
            "Line %(line)s has %(cells)s cell, but the number of headings is %(columns)s.",
            "Line %(line)s has %(cells)s cells, but the number of headings is %(columns)s.",
            cells,
        )
        % {"line": number, "cells": cells, "columns": columns}
        for number, cells in wrong[:MAX_REPORTED_LINES]
    ]
    return [*messages, *more_message(len(wrong) - MAX_REPORTED_LINES)]


def more_message(count: int) -> list[str]:
    """Returns a message that lines are left out of a list of errors, if there are any."""
    message = ngettext("%(count)s more line has errors.", "%(count)s more lines have errors.", count)
    return [message % {"count": count}] if count > 0 else []
