"""The import of CSV rows through the services of an app, and its preview."""

import hashlib
import json
import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.admin.csv_files import Table

MAX_REPORTED_ROWS = 10


class Cell(NamedTuple):
    column: str
    old: str | None  # None if the row is new, unchanged or invalid
    new: str
    errors: list[str]


@dataclass
class ImportedRow:
    """A row of the file, and what it stores. `old` and `new` are the cells of all columns before and after."""

    number: int  # 1 for the row below the names of the columns
    old: dict[str, str] | None  # None for a new row
    new: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)  # validated, by attribute
    errors: dict[str, list[str]] = field(default_factory=dict)  # by column
    stored: Any = None

    @property
    def kind(self) -> str:
        return "new" if self.old is None else "unchanged" if self.old == self.new else "updated"

    def cells(self) -> list[Cell]:
        old = {} if self.errors else self.old or {}
        return [Cell(name, old.get(name), text, self.errors.get(name, [])) for name, text in self.new.items()]


class Spreadsheet:
    """Imports the rows of a file with the services of an app, with the same errors for a row as the API."""

    model: ClassVar[Any]
    serializer_class: ClassVar[Any]  # of a row
    columns: ClassVar[dict[str, Callable[[Any], str]]]  # functions that return the exported cells of a row, new or not
    key: ClassVar[str]  # the column that identifies a row
    key_pattern: ClassVar[re.Pattern[str]]  # of a cell of that column; its group is the primary key
    optional: ClassVar[str]  # a column whose empty cells count as omitted

    def __init__(self, table: Table) -> None:
        self.lines = [dict(zip(table.columns, cells, strict=True)) for cells in table.rows]
        self.keys = [line[self.key] for line in self.lines]

    def check(self, instance: Any, values: dict[str, Any], is_new: bool) -> None:
        """Validates a row against other rows, instead of storing it, without a lock or a write.

        Raises ValidationError if other rows prevent it from being stored.
        """
        raise NotImplementedError

    def save(self, instance: Any, values: dict[str, Any], is_new: bool) -> Any:
        """Stores a row, and returns it. Raises ValidationError."""
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
        return self.process(self.check)

    def store(self, digest: str) -> list[ImportedRow]:
        """Stores the rows. Must be called in a transaction, which the caller rolls back if this raises an error.

        Raises ValidationError if a row is invalid, or if an existing row has changed since the digest was taken.
        """
        # The lock keeps others from changing a row between the comparison below and its import.
        self.existing = self.find_existing(lock=True)
        if self.digest() != digest:
            raise ValidationError(_("Some of these rows have changed since the preview. Upload the file again."))
        rows = self.process(self.save)
        reasons = [
            _("row %(number)s: %(reason)s") % {"number": row.number, "reason": " ".join(chain(*row.errors.values()))}
            for row in rows
            if row.errors
        ]
        if reasons:
            raise ValidationError(reasons[:MAX_REPORTED_ROWS])
        return rows

    def process(self, act: Callable[[Any, dict[str, Any], bool], Any]) -> list[ImportedRow]:
        """Validates each row, and calls `act` for those that are new or change something."""
        rows = []
        earlier: set[str] = set()
        for number, (key, line) in enumerate(zip(self.keys, self.lines, strict=True), start=1):
            instance = self.existing.get(key)
            old = None if instance is None else self.cells_of(instance)
            row = ImportedRow(number, old, {name: line.get(name, "") for name in self.columns})
            try:
                if key and key in earlier:
                    raise ValidationError(_("An earlier row has the same %(column)s.") % {"column": self.key})
                earlier.add(key)
                row.values = self.validate_row(line, instance)
                # A copy, so that `digest` stays that of the stored values.
                changed = self.model() if instance is None else copy(instance)
                for name, value in row.values.items():
                    setattr(changed, name, value)
                if old is None or self.cells_of(changed) != old:
                    row.stored = act(changed, row.values, instance is None)
                row.new = self.cells_of(row.stored or changed)
            except ValidationError as error:
                row.errors = self.errors_by_column(error)
            rows.append(row)
        return rows

    def validate_row(self, line: dict[str, str], instance: Any) -> dict[str, Any]:
        """Returns the values of a row by attribute. Raises ValidationError if the row is invalid."""
        # A cell that is as it was exported changes nothing.
        old = {} if instance is None else self.cells_of(instance)
        data = {name: cell for name, cell in line.items() if cell != old.get(name) and (cell or name != self.optional)}
        serializer = self.serializer_class(instance, data=data, partial=instance is not None)
        if not serializer.is_valid():
            raise ValidationError({name: [str(error) for error in found] for name, found in serializer.errors.items()})
        values: dict[str, Any] = serializer.validated_data
        return values

    def errors_by_column(self, error: ValidationError) -> dict[str, list[str]]:
        """Returns messages by column. The column of the key has those that belong to no column."""
        errors: dict[str, list[str]] = {}
        for name, found in (error.message_dict if hasattr(error, "error_dict") else {self.key: error.messages}).items():
            errors.setdefault(name if name in self.columns else self.key, []).extend(found)
        return errors
