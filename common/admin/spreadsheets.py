"""CSV in the admin: import with a preview, and export."""

import json
from collections import Counter
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import DataError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget

from common.admin.base import without_empty
from common.admin.csv_files import read_table, read_text, write_table
from common.admin.deletion import DeletableAdmin
from common.admin.imports import ImportedRow, Spreadsheet


class UploadForm(forms.Form):
    import_file = forms.FileField(
        label=gettext_lazy("CSV file"), allow_empty_file=True, widget=UnfoldAdminFileFieldWidget({"accept": ".csv"})
    )

    def __init__(self, spreadsheet_class: type[Spreadsheet], *args: Any) -> None:
        super().__init__(*args)
        self.spreadsheet_class = spreadsheet_class

    def clean_import_file(self) -> str:
        """Returns the text of the file, and sets `table`."""
        text = read_text(self.cleaned_data["import_file"])
        self.table = read_table(text)
        self.check_columns(self.table.columns)
        if not self.table.rows:
            raise ValidationError(_("The file has no rows."))
        return text

    def check_columns(self, columns: list[str]) -> None:
        known = self.spreadsheet_class.columns
        problems = (
            (_("These columns are missing: %(columns)s."), {self.spreadsheet_class.key} - set(columns)),
            (_("These columns are unknown: %(columns)s."), [n for n in dict.fromkeys(columns) if n not in known]),
            (_("These columns occur more than once: %(columns)s."), [n for n in known if columns.count(n) > 1]),
        )
        named = [(text, [name[:50] or _("(no name)") for name in names][:10]) for text, names in problems]
        reasons = [text % {"columns": ", ".join(names)} for text, names in named if names]
        if reasons:
            raise ValidationError(reasons)


class ConfirmForm(forms.Form):
    """Carries the uploaded file in the preview page, signed, until it is confirmed, so that no server stores it."""

    preview = forms.CharField(widget=forms.HiddenInput)


class SpreadsheetAdmin(DeletableAdmin):
    """An admin with CSV import for users who may add and change rows, and CSV export for users who may view them."""

    spreadsheet_class: ClassVar[type[Spreadsheet]]
    upload_permissions = {"import_view": "has_import_permission"}
    change_list_template = "admin/spreadsheets/change_list.html"

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name=f"{name}_import"),
            path("process_import/", view(self.confirm_view), name=f"{name}_process_import"),
            path("export/", view(self.export_view), name=f"{name}_export"),
            *super().get_urls(),
        ]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context: dict[str, Any] = {
            "has_import_permission": self.has_import_permission(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Returns the rows that the list shows. Raises BadRequest if a filter in the URL is invalid."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.GET = without_empty(request.GET)  # type: ignore[assignment]
        try:
            with transaction.atomic():
                rows = self.get_changelist_instance(request).get_queryset(request)
                rows.exists()  # some values are only checked by the database
        except (IncorrectLookupParameters, DataError, IndexError, TypeError, ValueError) as error:
            raise BadRequest(_("Unknown filter or invalid value.")) from error
        lines = (self.spreadsheet_class.cells_of(row).values() for row in rows.iterator())
        name = f"{self.opts.object_name}-{timezone.localdate()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(
            write_table(self.spreadsheet_class.columns, lines), content_type="text/csv", headers=headers
        )

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Shows the form, and what an uploaded file would change, or its errors."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        bound = (request.POST, request.FILES) if request.method == "POST" else ()
        form = UploadForm(self.spreadsheet_class, *bound)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import"),
            "opts": self.opts,
            "form": form,
            "columns": self.spreadsheet_class.columns,
        }
        if form.is_valid():
            spreadsheet = self.spreadsheet_class(form.table)
            rows = spreadsheet.preview()
            invalid = [row for row in rows if row.errors]
            context |= {"rows": invalid or rows, "are_invalid": bool(invalid)}
            if not invalid:
                preview = {"file": form.cleaned_data["import_file"], "before": spreadsheet.digest()}
                token = signing.dumps(preview, salt=self.salt(request), compress=True)
                context["confirm_form"] = ConfirmForm(initial={"preview": token})
        return TemplateResponse(request, "admin/spreadsheets/import.html", context)

    def salt(self, request: HttpRequest) -> str:
        """Returns the salt of signatures, so that only this session can confirm a preview, and only for this model."""
        return f"import.{self.opts.label_lower}.{request.user.pk}.{request.session.session_key}"

    def confirm_view(self, request: HttpRequest) -> HttpResponse:
        """Stores the rows of a preview, all or none."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            preview = self.read_preview(request)
            with transaction.atomic():
                rows = self.spreadsheet_class(read_table(preview["file"])).store(preview["before"])
                self.log_rows(request, rows)
        except ValidationError as error:
            message = _("Nothing was imported: %(reasons)s") % {"reasons": "; ".join(dict.fromkeys(error.messages))}
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import"))
        counts = Counter(row.kind for row in rows)
        message = _("Import finished: %(new)s new, %(updated)s updated, %(unchanged)s unchanged.") % counts
        self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def read_preview(self, request: HttpRequest) -> dict[str, str]:
        """Returns the file and the digest of a preview. Raises ValidationError if it is not one of this session."""
        try:
            preview: dict[str, str] = signing.loads(
                request.POST.get("preview", ""), salt=self.salt(request), max_age=settings.IMPORT_MAX_AGE
            )
        except signing.SignatureExpired as error:
            raise ValidationError(_("The preview has expired. Upload the file again.")) from error
        except signing.BadSignature as error:
            raise ValidationError(_("This file does not match your preview. Upload the file again.")) from error
        return preview

    def log_rows(self, request: HttpRequest, rows: list[ImportedRow]) -> None:
        """Logs the change of each row, as if it had been made with a form."""
        content_type = ContentType.objects.get_for_model(self.model)
        entries = []
        for row in rows:
            if row.stored is None:
                continue
            fields = [str(self.opts.get_field(name).verbose_name) for name in row.values]
            entry = LogEntry(
                user_id=int(str(request.user.pk)),
                content_type=content_type,
                object_id=row.stored.pk,
                object_repr=str(row.stored)[:200],
                action_flag=ADDITION if row.old is None else CHANGE,
                change_message=json.dumps([{"added": {}} if row.old is None else {"changed": {"fields": fields}}]),
            )
            entries.append(entry)
        LogEntry.objects.bulk_create(entries)
