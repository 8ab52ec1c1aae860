"""Deletion in the back office, which explains why a row cannot be deleted."""

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet
from django.db.models.options import Options
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from common.admin.base import ServiceAdmin
from common.admin.changelists import MAX_COUNTED_ROWS
from common.api.handlers import describe_protected
from common.models import protecting_relations


class DeletableAdmin(ServiceAdmin):
    """An admin whose rows can be deleted as long as no other rows refer to them.

    Rows that cannot be deleted are listed with what refers to them. Deleting several rows deletes and logs all of them
    or none.
    """

    def delete_row(self, row: Any) -> None:
        """Deletes a row; an app with a service for it calls that.

        Raises ProtectedError when something refers to the row, and Http404 when it is already deleted.
        """
        number, _by_model = row.delete()
        if not number:
            raise Http404

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_row(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        # Locks of several rows are taken in the order of their keys. Django has logged the deletion of these rows: a
        # second query would skip one that was deleted since.
        for row in sorted(queryset, key=lambda row: row.pk):
            self.delete_row(row)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if "delete_selected" in actions:
            actions["delete_selected"] = (delete_all_selected, *actions["delete_selected"][1:])
        return actions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Returns the numbers of protecting rows. Django would load all of them, and list them one by one.

        Lists only the rows themselves: what is deleted with them, such as sessions, is counted. The rows of a table
        between two models, such as the rights of a group, are not.
        """
        protecting = count_protecting(self.model, objs)
        if protecting:
            return [], {}, set(), protecting
        _nested, counts, missing, protected = super().get_deleted_objects(objs, request)
        for model in apps.get_models(include_auto_created=True):
            if model._meta.auto_created:
                counts.pop(model._meta.verbose_name_plural, None)
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        rows = [format_html('<a href="{}">{}</a>', reverse(page, args=[quote(row.pk)]), row) for row in objs]
        return rows, counts, missing, protected

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError as error:  # something came to refer to it after the page asked
            return self.show_error(request, in_use_message(error), request.path)
        except Http404:  # someone else deleted it after the page asked
            return HttpResponseRedirect(request.path)  # where Django says that it does not exist

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        if request.POST.get("action") != "delete_selected":
            return super().changelist_view(request, extra_context)
        try:
            with transaction.atomic():  # undoes the deletions before the one that fails, and all entries in the log
                return super().changelist_view(request, extra_context)
        except ProtectedError as error:
            return self.show_error(request, in_use_message(error), request.get_full_path())
        except Http404:
            text = _("Nothing was deleted. A selected row was already deleted.")
            return self.show_error(request, text, request.get_full_path())

    def show_error(self, request: HttpRequest, text: str, url: str) -> HttpResponse:
        self.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(url)


def delete_all_selected(
    model_admin: DeletableAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    """Django's `delete_selected`, which would delete the rest when some of the rows are gone since the page asked.

    Raises Http404 in that case.
    """
    is_confirmed, selected = request.POST.get("post"), set(request.POST.getlist(ACTION_CHECKBOX_NAME))
    if is_confirmed and len(queryset) < len(selected):
        raise Http404
    return delete_selected(model_admin, request, queryset)


def in_use_message(error: ProtectedError) -> str:
    return _("Nothing was deleted. A selected row is used by %(users)s.") % {"users": describe_protected(error)}


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
