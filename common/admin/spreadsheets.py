"""CSV in the admin: import with a preview, and export with escaped formulas."""

import csv
import json
import re
from typing import Any

import tablib
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV
from import_export.forms import ConfirmImportForm
from import_export.results import Result, RowResult
from import_export.tmp_storages import BaseStorage
from unfold.contrib.import_export.forms import ImportForm

from common.admin.base import without_empty
from common.admin.cells import escape_formulas, unescape_formulas
from common.admin.deletion import DeletableAdmin


class EscapedCSV(CSV):
    """CSV whose formulas are escaped on export, and unescaped on import."""

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> str:
        rows = [[escape_formulas(str(cell)) for cell in row] for row in dataset]
        return tablib.Dataset(*rows, headers=dataset.headers).export("csv")

    def create_dataset(self, in_stream: str, **kwargs: Any) -> tablib.Dataset:
        """Returns the rows of a file. Raises ValidationError if it is not valid CSV or is too large."""
        head = re.split(r"[\r\n]", in_stream, maxsplit=1)[0]
        # Spreadsheets separate cells with semicolons in languages that use a decimal comma.
        delimiter = ";" if head.count(";") > head.count(",") else ","
        try:
            dataset = super().create_dataset(in_stream, delimiter=delimiter)
        except tablib.InvalidDimensions as error:
            raise ValidationError(_("A row has more cells than there are columns.")) from error
        except csv.Error as error:
            limit = {"limit": csv.field_size_limit()}
            raise ValidationError(_("A cell has more than %(limit)s characters.") % limit) from error
        if len(dataset) > settings.IMPORT_MAX_ROWS:
            raise ValidationError(_("The file has more than %(limit)s rows.") % {"limit": settings.IMPORT_MAX_ROWS})
        rows = [[unescape_formulas(cell) for cell in row] for row in dataset]
        return tablib.Dataset(*rows, headers=dataset.headers)


class PageStorage(BaseStorage):
    """Keeps an uploaded file in the preview page, signed, until it is confirmed, so that no server stores it."""

    def save(self, data: bytes) -> None:
        self.name = data.decode(self.encoding)

    def read(self) -> str:
        return self.name

    def remove(self) -> None:
        """Does nothing: no file is stored."""


class UploadForm(ImportForm):
    digest: str  # of the rows that the file changes, at the time of the preview

    def __init__(self, formats: Any, resources: Any, **kwargs: Any) -> None:
        super().__init__(formats, resources, **kwargs)
        (self.resource,) = resources

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            raise ValidationError(_("The file is larger than %(bytes)s bytes.") % {"bytes": settings.IMPORT_MAX_BYTES})
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:  # UTF-16 has many NULs, and PostgreSQL refuses them
            raise ValidationError(_("The file must be UTF-8."))
        self.check_columns(EscapedCSV().create_dataset(text).headers or [])
        return file

    def check_columns(self, columns: list[str]) -> None:
        known = [field.column_name for field in self.resource().get_import_fields()]
        problems = (
            (_("These columns are missing: %(columns)s."), {self.resource.key} - set(columns)),
            (
                _("These columns are unknown: %(columns)s."),
                dict.fromkeys(name for name in columns if name not in known),
            ),
            (_("These columns occur more than once: %(columns)s."), [n for n in known if columns.count(n) > 1]),
        )
        named = [(text, [name[:50] or _("(no name)") for name in names][:10]) for text, names in problems]
        reasons = [text % {"columns": ", ".join(names)} for text, names in named if names]
        if reasons:
            raise ValidationError(reasons)


class ConfirmForm(ConfirmImportForm):
    format = forms.ChoiceField(choices=[("0", "csv")], widget=forms.HiddenInput)
    resource = forms.ChoiceField(choices=[("0", "")], widget=forms.HiddenInput, required=False)

    def __init__(self, *, salt: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.salt = salt

    def clean_import_file_name(self) -> str:
        token = self.cleaned_data["import_file_name"]
        try:
            preview = signing.loads(token, salt=self.salt, max_age=settings.IMPORT_MAX_AGE)
        except signing.SignatureExpired as error:
            raise ValidationError(_("The preview has expired. Upload the file again.")) from error
        except signing.BadSignature as error:
            raise ValidationError(_("This file does not match your preview. Upload the file again.")) from error
        self.digest = preview["before"]
        file: str = preview["file"]
        return file


class SpreadsheetAdmin(ImportExportMixin, DeletableAdmin):
    """An admin with CSV import for users who may add and change rows, and CSV export for users who may view them."""

    formats = [EscapedCSV]
    to_encoding = "utf-8-sig"  # spreadsheets misread UTF-8 without a byte order mark
    tmp_storage_class = PageStorage
    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    skip_export_form = True

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the rows that the list shows. Raises BadRequest if a filter in the URL is invalid."""
        request.GET = without_empty(request.GET)  # type: ignore[assignment]
        try:
            with transaction.atomic():
                rows = super().get_export_queryset(request)
                rows.exists()  # some values are only checked by the database
        except (IncorrectLookupParameters, DataError, IndexError, TypeError, ValueError) as error:
            raise BadRequest(_("Unknown filter or invalid value.")) from error
        return rows

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "rollback_on_validation_errors": True}  # includes the form, which has the digest

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> dict[str, Any]:
        return {**super().get_confirm_form_kwargs(request, import_form), "salt": self.salt(request)}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            # During a rolling update, the other release may read this: its keys stay.
            preview = {"file": initial["import_file_name"], "before": import_form.digest}
            initial["import_file_name"] = signing.dumps(preview, salt=self.salt(request), compress=True)
        return initial

    def salt(self, request: HttpRequest) -> str:
        """Returns the salt of signatures, so that only this session can confirm a preview, and only for this model."""
        return f"import.{self.opts.label_lower}.{request.user.pk}.{request.session.session_key}"

    def create_confirm_form(self, request: HttpRequest, import_form: Any = None) -> ConfirmForm:
        form = super().create_confirm_form(request, import_form)
        if import_form is None and not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        return form

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return super().process_import(request, **kwargs)
        except ValidationError as error:  # of the whole file; the errors of rows are in the result
            return self.show_refusal(request, error.messages)

    def show_refusal(self, request: HttpRequest, reasons: list[str]) -> HttpResponse:
        message = _("Nothing was imported: %(reasons)s") % {"reasons": "; ".join(dict.fromkeys(reasons))}
        self.message_user(request, message, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Shows what was stored, or the errors if rows have become invalid since the preview."""
        if not (result.has_errors() or result.has_validation_errors()):
            return super().process_result(result, request)
        errors = [(row.number, " ".join(row.error.messages)) for row in result.invalid_rows]
        errors += [(number, str(row_errors[0].error)) for number, row_errors in result.row_errors()]
        reasons = [_("row %(number)s: %(reason)s") % {"number": number, "reason": text} for number, text in errors[:10]]
        return self.show_refusal(request, reasons)

    def generate_log_entries(self, result: Result, request: HttpRequest) -> None:
        """Logs the change of each row, as if it had been made with a form."""
        flags = {RowResult.IMPORT_TYPE_NEW: ADDITION, RowResult.IMPORT_TYPE_UPDATE: CHANGE}
        content_type = ContentType.objects.get_for_model(self.model)
        LogEntry.objects.bulk_create(
            LogEntry(
                user_id=int(str(request.user.pk)),
                content_type=content_type,
                object_id=row.object_id,
                object_repr=row.object_repr[:200],
                action_flag=flags[row.import_type],
                change_message=json.dumps(row.change_message),
            )
            for row in result
            if row.import_type in flags
        )
