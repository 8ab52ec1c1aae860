"""CSV in the admin: import with a preview, and export."""

import json
import uuid
from collections import Counter
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import DataError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget

from common.admin.base import without_empty
from common.admin.csv_export import csv_lines, export_response
from common.admin.csv_files import read_table, read_text
from common.admin.deletion import DeletableAdmin
from common.admin.imports import BATCH_ROWS, ImportedRow, Spreadsheet
from common.admin.uploads import progress_of, upload_find, upload_finish, upload_lock, upload_store

MAX_SHOWN_ROWS = 100
KINDS = {
    "new": gettext_lazy("New"),
    "updated": gettext_lazy("Updated"),
    "unchanged": gettext_lazy("Unchanged"),
    "wrong": gettext_lazy("With errors"),
}


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
        self.table = read_table(text, self.spreadsheet_class.columns)
        self.check_columns(self.table.columns)
        if not self.table.rows:
            raise ValidationError(_("The file has no rows."))
        return text

    def check_columns(self, columns: list[str]) -> None:
        known = self.spreadsheet_class.columns
        required = set() if self.spreadsheet_class.key_is_assigned else {self.spreadsheet_class.key}
        problems = (
            (_("These columns are missing: %(columns)s."), required - set(columns)),
            (_("These columns are unknown: %(columns)s."), [n for n in dict.fromkeys(columns) if n not in known]),
            (_("These columns occur more than once: %(columns)s."), [n for n in known if columns.count(n) > 1]),
        )
        named = [(text, [name[:50] or _("(no name)") for name in names][:10]) for text, names in problems]
        reasons = [text % {"columns": ", ".join(names)} for text, names in named if names]
        if reasons:
            raise ValidationError(reasons)


class ConfirmForm(forms.Form):
    """Names the upload whose preview is confirmed."""

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
            path("import/<uuid:key>/progress/", view(self.progress_view), name=f"{name}_import_progress"),
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

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
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
        cells = self.spreadsheet_class.exported
        name = f"{self.opts.object_name}-{timezone.localdate()}"
        return export_response(name, cells, csv_lines(rows, cells.values()))

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
            "ignored": self.spreadsheet_class.ignored,
            "max_rows": number_format(settings.IMPORT_MAX_ROWS, force_grouping=True),
        }
        if form.is_valid():
            context |= self.preview_context(request, form)
        return TemplateResponse(request, "admin/spreadsheets/import.html", context)

    def preview_context(self, request: HttpRequest, form: UploadForm) -> dict[str, Any]:
        spreadsheet = self.spreadsheet_class(form.table)
        rows = spreadsheet.preview()
        counts = Counter(row.kind for row in rows)
        shown = [row for row in rows if (row.errors if counts["wrong"] else row.kind != "unchanged")]
        context = {
            "rows": shown[:MAX_SHOWN_ROWS],
            "hidden_count": len(shown[MAX_SHOWN_ROWS:]),
            "counts": [(label, counts[kind]) for kind, label in KINDS.items()],
            "are_invalid": bool(counts["wrong"]),
            "are_previewed": True,
        }
        if not counts["wrong"]:
            upload = upload_store(
                owner=self.upload_owner(request),
                text=form.cleaned_data["import_file"],
                digest=spreadsheet.digest(),
                at=timezone.now(),
            )
            context["confirm_form"] = ConfirmForm(initial={"preview": str(upload.pk)})
            context["progress_url"] = self.url("import_progress", upload.pk)
        return context

    def upload_owner(self, request: HttpRequest) -> str:
        """Returns a hash, so that only this session can confirm a preview, and only for this model."""
        owner = f"{self.opts.label_lower}.{request.user.pk}.{request.session.session_key}"
        return salted_hmac("import", owner, algorithm="sha256").hexdigest()

    def url(self, name: str, *arguments: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=arguments)

    def confirm_view(self, request: HttpRequest) -> HttpResponse:
        """Stores the rows of a preview, all or none. A repeated request changes nothing, and has the same answer."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            counts = self.store_upload(request, request.POST.get("preview", ""))
        except ValidationError as error:
            message = _("Nothing was imported: %(reasons)s") % {"reasons": "; ".join(dict.fromkeys(error.messages))}
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(self.url("import"))
        message = _("Import finished: %(new)s new, %(updated)s updated, %(unchanged)s unchanged.")
        self.message_user(request, message % counts, messages.SUCCESS)
        return HttpResponseRedirect(self.url("changelist"))

    @transaction.atomic
    def store_upload(self, request: HttpRequest, key: str) -> dict[str, int]:
        """Imports an upload, and returns the number of rows of each kind. Raises ValidationError.

        All statements are in one transaction: nothing is stored if the process or the connection ends before.
        """
        upload = upload_lock(key=key, owner=self.upload_owner(request), at=timezone.now())
        if upload.counts is not None:
            done: dict[str, int] = upload.counts
            return done
        table = read_table(upload.text, self.spreadsheet_class.columns)
        with progress_of(upload) as report:
            rows = self.spreadsheet_class(table, report).store(upload.digest)
        self.log_rows(request, rows)
        counts = Counter(row.kind for row in rows)
        upload_finish(upload=upload, counts={kind: counts[kind] for kind in KINDS if kind != "wrong"})
        return counts

    def progress_view(self, request: HttpRequest, key: uuid.UUID) -> JsonResponse:
        """Returns how far an import is, in percent."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        upload = upload_find(key=str(key), owner=self.upload_owner(request))
        if upload is None:
            raise Http404
        return JsonResponse({"percent": upload.percent})

    def log_rows(self, request: HttpRequest, rows: list[ImportedRow]) -> None:
        """Logs the change of each row, as if it had been made with a form."""
        content_type = ContentType.objects.get_for_model(self.model)
        entries = []
        for row in rows:
            if row.kind == "unchanged":
                continue
            fields = [str(self.opts.get_field(name).verbose_name) for name in row.values]
            entry = LogEntry(
                user_id=int(str(request.user.pk)),
                content_type=content_type,
                object_id=row.instance.pk,
                object_repr=str(row.instance)[:200],
                action_flag=ADDITION if row.old is None else CHANGE,
                change_message=json.dumps([{"added": {}} if row.old is None else {"changed": {"fields": fields}}]),
            )
            entries.append(entry)
        LogEntry.objects.bulk_create(entries, batch_size=BATCH_ROWS)
