"""The import of CSV rows through the services of an app, and its preview."""

import hashlib
import json
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext as _
from import_export.resources import Diff, ModelResource
from import_export.results import Result, RowResult
from rest_framework.serializers import Serializer


class PlainDiff(Diff):
    """The old and the new value of a cell, in full: finding the changed letters of long texts would take minutes."""

    def as_html(self) -> list[str]:
        return [
            new if self.new or old == new else format_html("<del>{}</del> <ins>{}</ins>", old, new)
            for old, new in zip(self.left, self.right, strict=True)
        ]


class ServiceResource(ModelResource):
    """Imports rows with the services of an app, with the same errors for a row as the API.

    A subclass finds the rows that exist (`find_existing`), validates a row (`validate_row`, `validate_dry_run`), and
    stores it with services (`create`, `update`).
    """

    key: str  # the column that identifies a row

    def get_diff_class(self) -> type[PlainDiff]:
        return PlainDiff

    def find_existing(self, keys: list[str], rows: QuerySet[Any]) -> dict[str, Any]:
        """Returns those of `rows` that have one of the keys, by key."""
        raise NotImplementedError

    def validate_row(self, row: dict[str, str], instance: Any) -> dict[str, Any]:
        """Returns the values of a row by attribute. Raises ValidationError if the row is invalid."""
        raise NotImplementedError

    def create(self, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def update(self, instance: Any, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def validate_dry_run(self, instance: Any, is_create: bool) -> None:
        """Validates a row against other rows, instead of storing it, without a lock or a write.

        Raises ValidationError if other rows prevent it from being stored.
        """
        raise NotImplementedError

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        self.is_dry_run = dry_run
        return super().import_data(dataset, dry_run=dry_run, **kwargs)

    def before_import(self, dataset: tablib.Dataset, *, form: Any, **kwargs: Any) -> None:
        self.seen: set[str] = set()
        rows = self._meta.model.objects.defer("search").order_by("pk")
        # The lock keeps others from changing a row between the comparison below and its import.
        rows = rows if self.is_dry_run else rows.select_for_update(no_key=True)
        self.existing_rows = self.find_existing(dataset[self.key], rows)
        if self.is_dry_run:
            form.digest = self.digest()
        elif form.digest != self.digest():
            raise ValidationError(_("Some of these rows have changed since the preview. Upload the file again."))

    def digest(self) -> str:
        """Returns a hash of the existing rows, which changes with their values."""
        fields = self.get_import_fields()
        rows = [[str(field.export(row)) for field in fields] for _key, row in sorted(self.existing_rows.items())]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def handle_import_error(self, result: Result, error: Exception, raise_errors: bool = False) -> None:
        """Stops the import. Among the errors of the rows, import-export would show a traceback."""
        raise error

    def get_instance(self, instance_loader: Any, row: dict[str, str]) -> Any:
        return self.existing_rows.get(row[self.key])

    def import_instance(self, instance: Any, row: dict[str, str], **kwargs: Any) -> None:
        if row[self.key] and row[self.key] in self.seen:
            raise ValidationError({self.key: _("An earlier row has the same %(column)s.") % {"column": self.key}})
        self.seen.add(row[self.key])
        self.values = self.validate_row(row, self.existing_rows.get(row[self.key]))
        for name, value in self.values.items():
            setattr(instance, name, value)

    def after_import_row(self, row: dict[str, str], row_result: RowResult, **kwargs: Any) -> None:
        """Keeps the changes of the row for its history."""
        is_new = row_result.import_type == RowResult.IMPORT_TYPE_NEW
        fields = [str(self._meta.model._meta.get_field(name).verbose_name) for name in self.values]
        row_result.change_message = [{"added": {}} if is_new else {"changed": {"fields": fields}}]

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        if self.is_dry_run:
            self.validate_dry_run(instance, is_create)
            return
        stored = self.create(self.values) if is_create else self.update(instance, self.values)
        for field in instance._meta.concrete_fields:
            if field.attname in stored.__dict__:
                setattr(instance, field.attname, getattr(stored, field.attname))


def serializer_errors(serializer: Serializer[Any]) -> ValidationError:
    """Returns the errors of a row for import-export."""
    return ValidationError({name: [str(error) for error in errors] for name, errors in serializer.errors.items()})
