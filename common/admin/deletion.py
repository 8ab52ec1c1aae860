"""Deletion in the back office, which explains why a row cannot be deleted."""

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
    """An admin whose rows can be deleted as long as no other rows refer to them.

    Otherwise, it shows which rows refer to them. Deleting several rows deletes all of them or none.
    """

    def delete_row(self, row: Any) -> None:
        """Deletes a row; override it to call a service. Raises ProtectedError if other rows refer to it."""
        row.delete()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_row(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset.order_by("pk"):  # rows are locked in the order of their keys
            self.delete_row(row)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Returns the numbers of protecting rows. Django would load all of them, and list them one by one."""
        protecting = count_protecting(self.model, objs)
        return ([], {}, set(), protecting) if protecting else super().get_deleted_objects(objs, request)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError as error:  # a row that refers to it was added after the page was shown
            return self.show_error(request, error, request.path)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        is_deletion = request.POST.get("action") == "delete_selected"
        # Either all deletions and their log entries are stored, or none.
        all_or_none = transaction.atomic() if is_deletion else nullcontext()
        try:
            with all_or_none:
                return super().changelist_view(request, extra_context)
        except ProtectedError as error:
            return self.show_error(request, error, request.get_full_path())

    def show_error(self, request: HttpRequest, error: ProtectedError, url: str) -> HttpResponse:
        text = _("Nothing was deleted. A selected row is used by %(users)s.") % {"users": describe_protected(error)}
        self.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(url)


def count_protecting(model: type[Model], rows: Any) -> list[str]:
    """Returns what protects any of the rows from deletion, such as "2 rentals". Counts up to MAX_COUNTED_ROWS."""
    counts = []
    for relation in protecting_relations(model):
        others = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows})
        counts.append((others.order_by()[: MAX_COUNTED_ROWS + 1].count(), relation.related_model._meta))
    return [describe_count(count, names) for count, names in counts if count]


def describe_count(count: int, names: "Options[Any]") -> str:
    if count > MAX_COUNTED_ROWS:
        return f"{_('more than %(count)s') % {'count': MAX_COUNTED_ROWS}} {names.verbose_name_plural}"
    return f"{count} {names.verbose_name if count == 1 else names.verbose_name_plural}"
