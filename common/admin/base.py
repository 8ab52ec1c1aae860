"""What the admin of every app starts from."""

from contextlib import nullcontext
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import PROTECT, Model, ProtectedError, QuerySet
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from unfold.admin import ModelAdmin

from common.admin.changelists import COUNTED, BoundedList, BoundedPaginator
from common.api.handlers import holders
from common.exceptions import StorageAway, refusal


class ServiceAdmin(ModelAdmin):
    """An admin that writes by the app's services.

    What a service refuses although the form let it through (a race, or a rule that the form does not know) becomes a
    message over the form; a new row keeps what was typed.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by: ClassVar[Any] = ()  # what an index sorts
    list_filter_submit = True
    list_disable_select_all = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedList]:
        return BoundedList

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except StorageAway:  # nothing is wrong with the form: 503, as when the database is away
            raise
        except (APIException, ValidationError) as error:
            self.message_user(request, refusal(error), messages.ERROR)
            if object_id:
                return HttpResponseRedirect(request.path)
            # The same form anew, as if its address said what to begin with: a real one would be cut, and logged.
            request.method, request.GET = "GET", request.POST
            return super().changeform_view(request, None, form_url, extra_context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Django's, where nothing holds the rows; it would load all that does, and list it one by one."""
        holding = held_by(self.model, objs)
        return ([], {}, set(), holding) if holding else super().get_deleted_objects(objs, request)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError as error:  # something has come to refer to it since the page asked
            self.message_user(
                request,
                _("It cannot be deleted: it is held by %(holders)s.") % {"holders": holders(error)},
                messages.ERROR,
            )
            return HttpResponseRedirect(request.path)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        if "\0" in "".join(value for _name, values in request.GET.lists() for value in values):  # no text of PostgreSQL
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        request.GET = without_empty(request.GET)  # type: ignore[assignment]
        is_deletion = request.POST.get("action") == "delete_selected"
        whole = transaction.atomic() if is_deletion else nullcontext()  # all rows and what is logged of them, or none
        try:
            with whole:
                return super().changelist_view(request, extra_context)
        except ProtectedError as error:
            self.message_user(request, _("Not deleted: one is held by %s.") % holders(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Acts on what was chosen on the page: nobody means a million rows, or one whose key is none."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if request.POST.get("select_across", "0") not in ("", "0") or not all(map(self.is_key, chosen)):
            self.message_user(request, _("Choose the rows on the page."), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)

    def is_key(self, text: str) -> bool:
        """Whether a row could have it."""
        try:
            self.model._meta.pk.run_validators(self.model._meta.pk.to_python(text))
        except (ValidationError, ValueError, OverflowError):
            return False
        return "\0" not in text


def held_by(model: type[Model], rows: Any) -> list[str]:
    """What protects any of the rows, in words: '2 rentals, 1 payment', counted no further than a list is."""
    held = []
    for relation in model._meta.related_objects:
        if relation.on_delete is PROTECT:
            others = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows})
            held.append((others.order_by()[: COUNTED + 1].count(), relation.related_model._meta))
    return [counted(count, names) for count, names in held if count]


def counted(count: int, names: Options) -> str:
    if count > COUNTED:
        return f"{_('more than %(count)s') % {'count': COUNTED}} {names.verbose_name_plural}"
    return f"{count} {names.verbose_name if count == 1 else names.verbose_name_plural}"


def without_empty(given: QueryDict) -> QueryDict:
    """What an address asks for: an empty field of the filters' form asks for nothing."""
    asked = QueryDict(mutable=True)
    for name, values in given.lists():
        for value in filter(None, values):
            asked.appendlist(name, value)
    return asked
