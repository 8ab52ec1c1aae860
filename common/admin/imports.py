"""The import of CSV rows through the services of an app, and its preview."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.exceptions import ValidationError as InvalidData

from common.admin.csv_files import MAX_REPORTED_LINES, Table, more_message
from common.admin.typed_values import is_time, plain_number

BATCH_ROWS = 500  # stored by the same number of statements as one row


class Cell(NamedTuple):
    column: str
    old: str | None  # None if the row is new, unchanged or invalid
    new: str
    errors: list[str]


@dataclass
class ImportedRow:
    """A row of the file, and what it stores. `old` and `new` are the cells of all columns before and after."""

    number: int  # of its line in the file
    old: dict[str, str] | None  # None for a new row
    new: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)  # validated, by attribute
    errors: dict[str, list[str]] = field(default_factory=dict)  # by column
    instance: Any = None  # with the values; None if the row is invalid

    @property
    def kind(self) -> str:
        if self.errors:
            return "wrong"
        return "new" if self.old is None else "unchanged" if self.old == self.new else "updated"

    def cells(self) -> list[Cell]:
        old = {} if self.errors else self.old or {}
        return [Cell(name, old.get(name), text, self.errors.get(name, [])) for name, text in self.new.items()]


class Spreadsheet:
    """Imports the rows of a file with the services of an app, with the same errors for a row as the API."""

    model: ClassVar[Any]
    serializer_class: ClassVar[Any]  # of a row
    columns: ClassVar[dict[str, Callable[[Any], str]]]  # functions that return the cells of a row, new or not
    exported: ClassVar[dict[str, Any]]  # the same cells, as `csv_export.csv_lines` takes them
    key: ClassVar[str]  # the column that identifies a row
    key_pattern: ClassVar[re.Pattern[str]]  # of a cell of that column; its group is the primary key
    key_is_assigned: ClassVar[bool] = False  # whether a new row has no key, so that a file of new rows needs no column
    optional: ClassVar[str]  # a column whose empty cells count as omitted
    numbers: ClassVar[tuple[str, ...]] = ()  # columns of numbers, written as the language of the reader does
    ignored: ClassVar[tuple[str, ...]] = ()  # columns that are only exported
    fixed: ClassVar[dict[str, str]] = {}  # of these, those whose times never change, with their attributes

    def __init__(self, table: Table, report: Callable[[int], None] = lambda percent: None) -> None:
        """Takes a function that is told how much is done, in percent."""
        self.lines = [(number, dict(zip(table.columns, cells, strict=True))) for number, cells in table.rows]
        self.keys = [line.get(self.key, "") for _number, line in self.lines]
        self.report = report
        self.whole, self.partial = self.serializer_class(), self.serializer_class(partial=True)

    def check(self, rows: list[ImportedRow]) -> None:
        """Adds the errors of valid rows, new and changed, that other rows prevent from being stored.

        Takes a constant number of statements, which neither lock nor write.
        """
        raise NotImplementedError

    def release(self, rows: list[ImportedRow]) -> None:
        """Frees the unique values that changed rows give up, so that the others can take them."""
        raise NotImplementedError

    def update(self, rows: list[ImportedRow]) -> None:
        """Stores changed rows, with a constant number of statements. Raises ValidationError or IntegrityError."""
        raise NotImplementedError

    def create(self, rows: list[ImportedRow]) -> None:
        """Stores new rows, as `update` does."""
        raise NotImplementedError

    @classmethod
    def cells_of(cls, instance: Any) -> dict[str, str]:
        return {name: cell(instance) for name, cell in cls.columns.items()}

    def find_existing(self, *, lock: bool) -> dict[str, Any]:
        """Returns the rows that have the keys of the file, by key."""
        found = [match[1] for match in map(self.key_pattern.match, self.keys) if match]
        rows = self.model.objects.without_search_vector().filter(pk__in=found).order_by("pk")
        rows = rows.select_for_update(no_key=True) if lock else rows
        return {self.columns[self.key](row): row for row in rows}

    def digest(self) -> str:
        """Returns a hash of the existing rows, which changes with their values."""
        rows = [list(self.cells_of(row).values()) for _key, row in sorted(self.existing.items())]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def preview(self) -> list[ImportedRow]:
        """Returns the rows as `store` would store them."""
        self.existing = self.find_existing(lock=False)
        return self.read_rows()

    def store(self, digest: str) -> list[ImportedRow]:
        """Stores the rows. Must be called in a transaction, which the caller rolls back if this raises an error.

        Raises ValidationError if a row is invalid, or if an existing row has changed since the digest was taken.
        """
        self.at = timezone.now()
        # The lock keeps others from changing a row between the comparison below and its import.
        self.existing = self.find_existing(lock=True)
        if self.digest() != digest:
            raise ValidationError(_("Some of these rows have changed since the preview. Upload the file again."))
        rows = self.read_rows()
        raise_errors(rows)
        try:
            with transaction.atomic():
                self.write(rows)
        except (IntegrityError, ValidationError, APIException) as error:
            raise_errors(self.read_rows())  # finds the row with which a concurrent request conflicts
            raise ValidationError(_("Other rows were stored at the same time. Upload the file again.")) from error
        return rows

    def write(self, rows: list[ImportedRow]) -> None:
        changed = [row for row in rows if row.kind == "updated"]
        if changed:
            self.release(changed)
        done = len(rows)
        for act, batch in chain(
            ((self.update, batch) for batch in in_batches(changed)),
            ((self.create, batch) for batch in in_batches([row for row in rows if row.kind == "new"])),
        ):
            act(batch)
            done += len(batch)
            self.report(min(100 * done // (2 * len(rows)), 99))

    def read_rows(self) -> list[ImportedRow]:
        """Validates all rows."""
        rows: list[ImportedRow] = []
        earlier: set[str] = set()
        for key, (number, line) in zip(self.keys, self.lines, strict=True):
            row = self.read_row(number, line, self.existing.get(key))
            if key and key in earlier:
                row.errors.setdefault(self.key, []).append(
                    _("An earlier row has the same %(column)s.") % {"column": self.key}
                )
            earlier.add(key)
            rows.append(row)
            if len(rows) % BATCH_ROWS == 0:
                self.report(50 * len(rows) // len(self.lines))
        changed = [row for row in rows if row.kind in ("new", "updated")]
        self.check(changed)
        for row in changed:
            if not row.errors:
                row.new = self.cells_of(row.instance)
        return rows

    def read_row(self, number: int, line: dict[str, str], instance: Any) -> ImportedRow:
        old = None if instance is None else self.cells_of(instance)
        row = ImportedRow(number, old, {name: line.get(name, (old or {}).get(name, "")) for name in self.columns})
        cells, row.errors = self.typed_cells(line, instance, old or {})
        try:
            row.values = self.validate_row(cells, instance)
        except ValidationError as error:
            for name, messages in self.errors_by_column(error).items():
                row.errors.setdefault(name, messages)
        if not row.errors:
            # A copy, so that `digest` stays that of the stored values.
            row.instance = self.model() if instance is None else copy(instance)
            for name, value in row.values.items():
                setattr(row.instance, name, value)
            row.new = self.cells_of(row.instance)
        return row

    def typed_cells(
        self, line: dict[str, str], instance: Any, old: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Returns the cells that change something, with plain numbers, and the errors of those that are ambiguous.

        A cell that is as it was exported changes nothing.
        """
        cells, errors = {}, {}
        for name, cell in line.items():
            if cell == old.get(name) or not (cell or name != self.optional):
                continue
            try:
                if name in self.fixed and instance is not None and cell:
                    self.check_fixed(name, cell, instance)
                elif name not in self.ignored:
                    cells[name] = plain_number(cell) if name in self.numbers else cell
            except ValidationError as error:
                errors[name] = error.messages
        return cells, errors

    def check_fixed(self, name: str, cell: str, instance: Any) -> None:
        if not is_time(cell, getattr(instance, self.fixed[name])):
            raise ValidationError(_("This cannot be changed. Restore the value, or leave the column out."))

    def validate_row(self, cells: dict[str, str], instance: Any) -> dict[str, Any]:
        """Returns the values of a row by attribute. Raises ValidationError if the row is invalid."""
        serializer = self.whole if instance is None else self.partial
        serializer.instance = instance
        try:
            values: dict[str, Any] = serializer.run_validation(cells)
        except InvalidData as error:
            detail: Any = error.detail
            raise ValidationError({name: list(map(str, found)) for name, found in detail.items()}) from error
        return values

    def errors_by_column(self, error: ValidationError) -> dict[str, list[str]]:
        """Returns messages by column. The column of the key has those that belong to no column."""
        errors: dict[str, list[str]] = {}
        for name, found in (error.message_dict if hasattr(error, "error_dict") else {self.key: error.messages}).items():
            errors.setdefault(name if name in self.columns else self.key, []).extend(found)
        return errors


def in_batches(rows: list[ImportedRow]) -> Iterator[list[ImportedRow]]:
    return (rows[start : start + BATCH_ROWS] for start in range(0, len(rows), BATCH_ROWS))


def raise_errors(rows: Iterable[ImportedRow]) -> None:
    """Raises ValidationError with the lines of the first wrong rows, and the number of the others."""
    wrong = [row for row in rows if row.errors]
    reasons = [
        _("line %(number)s: %(reason)s") % {"number": row.number, "reason": " ".join(chain(*row.errors.values()))}
        for row in wrong[:MAX_REPORTED_LINES]
    ]
    if reasons:
        raise ValidationError([*reasons, *more_message(len(wrong) - MAX_REPORTED_LINES)])
