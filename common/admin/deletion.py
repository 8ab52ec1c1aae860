"""Deleting in the back office: rows that other rows refer to are kept, with the reason."""

from contextlib import nullcontext
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from common.admin.base import ServiceAdmin
from common.admin.changelists import MAX_COUNTED_ROWS
from common.api.handlers import describe_protected
from common.models import protecting_relations


class DeletableAdmin(ServiceAdmin):
    """An admin whose rows are deleted only while nothing refers to them.

    Rows that cannot be deleted are listed with what refers to them. Deleting several rows deletes all of them or none.
    """

    def delete_row(self, row: Any) -> None:
        """Deletes a row; an app with a service for it calls that. Raises ProtectedError when something refers to it."""
        row.delete()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_row(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset.order_by("pk"):  # locks of several rows are taken in the order of their keys
            self.delete_row(row)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Counts what refers to the rows. Django would load it all, and list it row by row."""
        protecting = count_protecting(self.model, objs)
        return ([], {}, set(), protecting) if protecting else super().get_deleted_objects(objs, request)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError as error:  # something came to refer to it after the page asked
            return self.explain(request, error, request.path)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        is_deletion = request.POST.get("action") == "delete_selected"
        # The deletions and their entries in the log: all of them, or none.
        all_or_none = transaction.atomic() if is_deletion else nullcontext()
        try:
            with all_or_none:
                return super().changelist_view(request, extra_context)
        except ProtectedError as error:
            return self.explain(request, error, request.get_full_path())

    def explain(self, request: HttpRequest, error: ProtectedError, url: str) -> HttpResponse:
        text = _("Nothing was deleted. A selected row is used by %(users)s.") % {"users": describe_protected(error)}
        self.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(url)


def count_protecting(model: type[Model], rows: Any) -> list[str]:
    """Returns what keeps any of the rows from being deleted, such as "2 rentals"; counts as far as a list does."""
    counts = []
    for relation in protecting_relations(model):
        others = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows})
        counts.append((others.order_by()[: MAX_COUNTED_ROWS + 1].count(), relation.related_model._meta))
    return [describe_count(count, names) for count, names in counts if count]


def describe_count(count: int, names: Options) -> str:
    if count > MAX_COUNTED_ROWS:
        return f"{_('more than %(count)s') % {'count': MAX_COUNTED_ROWS}} {names.verbose_name_plural}"
    return f"{count} {names.verbose_name if count == 1 else names.verbose_name_plural}"
