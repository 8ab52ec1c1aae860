"""Rows of a file on their way to the app's services, and what of them a preview shows."""

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
    """What was and what will be, whole: to look for the letters that differ takes minutes for long texts."""

    def as_html(self) -> list[str]:
        return [
            now if self.new or was == now else format_html("<del>{}</del> <ins>{}</ins>", was, now)
            for was, now in zip(self.left, self.right, strict=True)
        ]


class ServiceResource(ModelResource):
    """Rows of a file on their way to the app's services; the errors of a row are those that the API would give.

    A subclass says what a row is checked by (`checked`), and which services store it (`create`, `update`).
    """

    key: str  # the column that names a row

    def get_diff_class(self) -> type[PlainDiff]:
        return PlainDiff

    def existing(self, keys: list[str], rows: QuerySet) -> dict[str, Any]:
        """Those of the rows that are there already, by what names them in the file."""
        raise NotImplementedError

    def checked(self, row: dict[str, str], instance: Any) -> dict[str, Any]:
        """The values of a row by attribute; ValidationError with what is wrong with it."""
        raise NotImplementedError

    def create(self, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def update(self, instance: Any, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def tried(self, instance: Any, is_create: bool) -> None:
        """What a dry run does in place of storing: nothing that others wait for, or that leaves a trace.

        Raises ValidationError where the row would be refused because of others.
        """
        raise NotImplementedError

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        self.is_trial = dry_run
        return super().import_data(dataset, dry_run=dry_run, **kwargs)

    def before_import(self, dataset: tablib.Dataset, *, form: Any, **kwargs: Any) -> None:
        self.seen: set[str] = set()
        rows = self._meta.model.objects.defer("search").order_by("pk")
        # Nobody changes a row between the look at what it is and the import of it.
        rows = rows if self.is_trial else rows.select_for_update(no_key=True)
        self.known = self.existing(dataset[self.key], rows)
        if self.is_trial:
            form.before = self.digest()
        elif form.before != self.digest():
            raise ValidationError(_("Some of these rows have changed since the preview. Upload the file again."))

    def digest(self) -> str:
        """What tells the rows that are there from the same rows with other values."""
        fields = self.get_import_fields()
        rows = [[str(field.export(row)) for field in fields] for _key, row in sorted(self.known.items())]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def handle_import_error(self, result: Result, error: Exception, raise_errors: bool = False) -> None:
        """What is wrong with all of it ends it; shown among the rows it would come with a traceback."""
        raise error

    def get_instance(self, instance_loader: Any, row: dict[str, str]) -> Any:
        return self.known.get(row[self.key])

    def import_instance(self, instance: Any, row: dict[str, str], **kwargs: Any) -> None:
        if row[self.key] and row[self.key] in self.seen:
            raise ValidationError({self.key: _("An earlier row has the same %(column)s.") % {"column": self.key}})
        self.seen.add(row[self.key])
        self.values = self.checked(row, self.known.get(row[self.key]))
        for name, value in self.values.items():
            setattr(instance, name, value)

    def after_import_row(self, row: dict[str, str], row_result: RowResult, **kwargs: Any) -> None:
        """Keeps for the history of the row what was changed of it."""
        is_new = row_result.import_type == RowResult.IMPORT_TYPE_NEW
        fields = [str(self._meta.model._meta.get_field(name).verbose_name) for name in self.values]
        row_result.told = [{"added": {}} if is_new else {"changed": {"fields": fields}}]

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        if self.is_trial:
            self.tried(instance, is_create)
            return
        stored = self.create(self.values) if is_create else self.update(instance, self.values)
        for field in instance._meta.concrete_fields:
            if field.attname in stored.__dict__:
                setattr(instance, field.attname, getattr(stored, field.attname))


def serializer_errors(serializer: Serializer) -> ValidationError:
    """The errors of a row, as import-export knows them."""
    return ValidationError({name: [str(error) for error in errors] for name, errors in serializer.errors.items()})
