"""The base class of every admin."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException

from common.admin.acts import ActsAdmin
from common.admin.changelists import BoundedList, BoundedPaginator
from common.admin.edits import guarded
from common.admin.history import HistoryMixin
from common.admin.number_fields import DecimalFormField, IntegerFormField
from common.admin.times import short_column
from common.admin.widgets import KeyAutocomplete, is_key
from common.exceptions import StorageUnavailable, error_message

PREPOPULATING = ("urlify.js", "prepopulate.js", "xregexp.js", "xregexp.min.js")  # together 51 kB, compressed


class ServiceAdmin(HistoryMixin, ActsAdmin):
    """An admin that writes with the app's services.

    If a service refuses data that the form accepted (a race, or a rule that the form does not check), its message is
    shown above the form. The form of a new row keeps the entered values. `search_method` is the name of the queryset
    method that the search box calls with its text.
    """

    formfield_overrides: ClassVar[Any] = {
        models.DecimalField: {"form_class": DecimalFormField},
        models.IntegerField: {"form_class": IntegerFormField},
    }
    search_method: ClassVar[str] = ""
    upload_permissions: ClassVar[dict[str, str]] = {}  # the views that take a file, and the check of each one's caller
    search_fields: Sequence[str] = ()
    counted_names: Any = ""  # of the rows of the list, if the model's plural names the list and not its rows

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by: ClassVar[Any] = ()  # only columns with an index
    list_filter_submit = True
    list_disable_select_all = True
    change_form_outer_before_template = "admin/parts/acts.html"
    change_form_before_template = "admin/parts/fingerprints.html"

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        if self.search_method:
            self.search_fields = (self.search_method,)  # Django shows a search box only if there are some

    @property
    def media(self) -> Media:
        """Returns Django's and unfold's files without those that fill in a field while another one is typed."""
        media: Any = super().media
        if not self.prepopulated_fields:
            lists = [[path for path in paths if not path.endswith(PREPOPULATING)] for paths in media._js_lists]
            media._js_lists = lists
        return media

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        return guarded(form_class) if change and obj is not None else form_class

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Returns a row. It is locked while its form is saved, so that of two forms the second sees the first's."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row
        self.model._default_manager.select_for_update().only("pk").filter(pk=row.pk).first()
        return super().get_object(request, object_id, from_field)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedList]:
        return BoundedList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [short_column(self.model, column) for column in super().get_list_display(request)]

    def get_sortable_by(self, request: HttpRequest) -> list[Any]:
        return [short_column(self.model, column) for column in super().get_sortable_by(request)]

    def get_search_method(self, request: HttpRequest) -> str:
        """Returns the name of the queryset method that searches, or "" if the user may not search."""
        return self.search_method

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Returns no fields, which hides the search box, if the user may not search."""
        return super().get_search_fields(request) if self.get_search_method(request) or not self.search_method else ()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        name = self.get_search_method(request)
        if not name:
            return super().get_search_results(request, queryset, search_term)
        return getattr(queryset, name)(search_term) if search_term.strip() else queryset, False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except StorageUnavailable:  # the form is valid: the response is 503, as without the database
            raise
        except (APIException, ValidationError) as error:
            self.message_user(request, error_message(error), messages.ERROR)
            if object_id:
                return HttpResponseRedirect(request.path)
            # Shows the form again with the entered values. In the URL of a redirect they would be cut off and logged.
            request.method, request.GET = "GET", request.POST
            return super().changeform_view(request, None, form_url, extra_context)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Logs a change, unless the form was saved as it was shown."""
        return super().log_change(request, obj, message) if message else None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        if "\0" in "".join(value for _name, values in request.GET.lists() for value in values):  # PostgreSQL refuses it
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        request.GET = without_empty(request.GET)  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Runs an action on the selected rows of the page. Refuses to act on the whole list, and invalid keys."""
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        are_keys = all(is_key(self.model, key) for key in selected)
        if request.POST.get("select_across", "0") not in ("", "0") or not are_keys:
            self.message_user(request, _("Select the rows on this page."), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        is_searched = db_field.name in self.get_autocomplete_fields(request)
        if is_searched:
            kwargs.setdefault("widget", KeyAutocomplete(db_field, self.admin_site, using=kwargs.get("using")))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if is_searched:
            related = self.admin_site.get_model_admin(db_field.related_model)
            field.label_from_instance = getattr(related, "choice_text", str)
        return field

    def choice_text(self, row: Any) -> str:
        """Returns what people see of a row where they choose it for another one."""
        return str(row)


def without_empty(parameters: QueryDict) -> QueryDict:
    """Returns the query without empty parameters, which the form of the filters sends."""
    query = QueryDict(mutable=True)
    for name, values in parameters.lists():
        for value in filter(None, values):
            query.appendlist(name, value)
    return query
