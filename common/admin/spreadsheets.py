"""CSV in the admin: import after a dry run, and export that no spreadsheet takes for formulas."""

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
from common.admin.cells import guarded, unguarded
from common.admin.deletion import DeletableAdmin


class GuardedCSV(CSV):
    """CSV whose cells are text in a spreadsheet, and are again what they were when they come back."""

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> str:
        rows = [[guarded(str(cell)) for cell in row] for row in dataset]
        return tablib.Dataset(*rows, headers=dataset.headers).export("csv")

    def create_dataset(self, in_stream: str, **kwargs: Any) -> tablib.Dataset:
        """The rows of a file. Raises ValidationError with what makes it none."""
        head = re.split(r"[\r\n]", in_stream, maxsplit=1)[0]
        # Where a comma stands in numbers, spreadsheets put semicolons between cells.
        delimiter = ";" if head.count(";") > head.count(",") else ","
        try:
            dataset = super().create_dataset(in_stream, delimiter=delimiter)
        except tablib.InvalidDimensions as error:
            raise ValidationError(_("A row has more cells than there are columns.")) from error
        except csv.Error as error:
            most = {"most": csv.field_size_limit()}
            raise ValidationError(_("A cell has more than %(most)s characters.") % most) from error
        if len(dataset) > settings.IMPORT_MAX_ROWS:
            raise ValidationError(_("The file has more than %(most)s rows.") % {"most": settings.IMPORT_MAX_ROWS})
        rows = [[unguarded(cell) for cell in row] for row in dataset]
        return tablib.Dataset(*rows, headers=dataset.headers)


class PageStorage(BaseStorage):
    """An uploaded file between the dry run and its confirmation: in the page, signed, so that no server keeps it."""

    def save(self, data: bytes) -> None:
        self.name = data.decode(self.encoding)

    def read(self) -> str:
        return self.name

    def remove(self) -> None:
        """There is nothing to remove."""


class UploadForm(ImportForm):
    before: str  # the digest of the rows that the file changes, as the preview found them

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
        if "\0" in text:  # what UTF-16 is full of, and PostgreSQL does not have
            raise ValidationError(_("The file must be UTF-8."))
        self.check_columns(GuardedCSV().create_dataset(text).headers or [])
        return file

    def check_columns(self, given: list[str]) -> None:
        known = [field.column_name for field in self.resource().get_import_fields()]
        wrong = (
            (_("These columns are missing: %(columns)s."), {self.resource.key} - set(given)),
            (_("These columns are unknown: %(columns)s."), dict.fromkeys(name for name in given if name not in known)),
            (_("These columns are there more than once: %(columns)s."), [n for n in known if given.count(n) > 1]),
        )
        named = [(text, [name[:50] or _("(no name)") for name in names][:10]) for text, names in wrong]
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
            tried = signing.loads(token, salt=self.salt, max_age=settings.IMPORT_MAX_AGE)
        except signing.SignatureExpired as error:
            raise ValidationError(_("The preview is too old. Upload the file again.")) from error
        except signing.BadSignature as error:
            raise ValidationError(_("This is not what was tried.")) from error
        self.before = tried["before"]
        return tried["file"]


class SpreadsheetAdmin(ImportExportMixin, DeletableAdmin):
    """An admin with import and export of CSV for those who may add and change, and for those who may look."""

    formats = [GuardedCSV]
    to_encoding = "utf-8-sig"  # with a mark, without which spreadsheets misread all but ASCII
    tmp_storage_class = PageStorage
    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    skip_export_form = True

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet:
        """What the list shows. Raises BadRequest where its address asks for what cannot be."""
        request.GET = without_empty(request.GET)  # type: ignore[assignment]
        try:
            with transaction.atomic():
                rows = super().get_export_queryset(request)
                rows.exists()  # some values are looked at by the database alone
        except (IncorrectLookupParameters, DataError, IndexError, TypeError, ValueError) as error:
            raise BadRequest(_("There is no such filter.")) from error
        return rows

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "rollback_on_validation_errors": True}  # with the form, which knows the rows as they were

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> dict[str, Any]:
        return {**super().get_confirm_form_kwargs(request, import_form), "salt": self.salt(request)}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            tried = {"file": initial["import_file_name"], "before": import_form.before}
            initial["import_file_name"] = signing.dumps(tried, salt=self.salt(request), compress=True)
        return initial

    def salt(self, request: HttpRequest) -> str:
        """Makes a signature one that only this session can confirm, and only for these rows."""
        return f"import.{self.opts.label_lower}.{request.user.pk}.{request.session.session_key}"

    def create_confirm_form(self, request: HttpRequest, import_form: Any = None) -> ConfirmForm:
        form = super().create_confirm_form(request, import_form)
        if import_form is None and not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        return form

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return super().process_import(request, **kwargs)
        except ValidationError as error:  # of all of it; what is wrong with rows is in the result
            return self.refused(request, error.messages)

    def refused(self, request: HttpRequest, reasons: list[str]) -> HttpResponse:
        message = _("Nothing was imported: %(refusals)s") % {"refusals": "; ".join(dict.fromkeys(reasons))}
        self.message_user(request, message, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """What is stored; or nothing, where rows that passed the dry run have become wrong meanwhile."""
        if not (result.has_errors() or result.has_validation_errors()):
            return super().process_result(result, request)
        wrong = [(row.number, " ".join(row.error.messages)) for row in result.invalid_rows]
        wrong += [(number, str(errors[0].error)) for number, errors in result.row_errors()]
        told = [_("row %(number)s: %(refusal)s") % {"number": number, "refusal": text} for number, text in wrong[:10]]
        return self.refused(request, told)

    def generate_log_entries(self, result: Result, request: HttpRequest) -> None:
        """What the import did to each row, as if it had been typed."""
        flags = {RowResult.IMPORT_TYPE_NEW: ADDITION, RowResult.IMPORT_TYPE_UPDATE: CHANGE}
        content_type = ContentType.objects.get_for_model(self.model)
        LogEntry.objects.bulk_create(
            LogEntry(
                user_id=int(str(request.user.pk)),
                content_type=content_type,
                object_id=row.object_id,
                object_repr=row.object_repr[:200],
                action_flag=flags[row.import_type],
                change_message=json.dumps(row.told),
            )
            for row in result
            if row.import_type in flags
        )
