"""Admin lists whose cost does not grow with the table: they count and paginate up to a limit."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.contrib.filters.admin import RadioFilter, RangeDateFilter, TextFilter
from unfold.views import ChangeList

from common.days import day_start
from common.near import near_searches

MAX_COUNTED_ROWS = 10_000


class BoundedPaginator(Paginator):
    """Counts and paginates up to MAX_COUNTED_ROWS, so that no page reads a whole table."""

    template_name = "admin/bounded_pagination.html"

    @cached_property
    def found(self) -> int:
        """The number of rows, or MAX_COUNTED_ROWS + 1 if there are more."""
        rows: Any = self.object_list
        return rows.order_by()[: MAX_COUNTED_ROWS + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.found, MAX_COUNTED_ROWS)

    @property
    def has_more(self) -> bool:
        return self.found > MAX_COUNTED_ROWS


class BoundedList(ChangeList):
    """A list that sorts only by `sortable_by` and filters only by `list_filter`.

    Django hides the links to other columns and lookups, but accepts URLs with them, even if they are slow. If a search
    finds nothing, `near` has searches that find something (see `common.near`), with their URLs.
    """

    near: dict[str, str]

    def get_filters(self, request: HttpRequest) -> Any:
        specs, has_specs, others, may_have_duplicates, has_active = super().get_filters(request)
        if others:
            raise DisallowedModelAdminLookup(f"This list has no such filter: {', '.join(others)}")
        return specs, has_specs, others, may_have_duplicates, has_active

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count  # Django would count all rows for the heading
        self.near = {} if self.result_count else self.near_searches(request)

    def near_searches(self, request: HttpRequest) -> dict[str, str]:
        """Returns texts near a search that found nothing, with URLs that search for them without the filters."""

        def find(text: str) -> QuerySet[Any]:
            return self.model_admin.get_search_results(request, self.root_queryset, text)[0]

        kept: dict[str, Any] = {name: request.GET[name] for name in (IS_POPUP_VAR, TO_FIELD_VAR) if name in request.GET}
        texts = near_searches(self.model, self.query, find) if self.query else []
        return {text: f"?{urlencode(kept | {SEARCH_VAR: text})}" for text in texts}

    def get_ordering_field(self, field_name: Any) -> Any:
        is_allowed = self.sortable_by is None or field_name in self.sortable_by
        return super().get_ordering_field(field_name) if is_allowed else None


class ChoiceFilter(RadioFilter):
    """A filter whose choices are functions of the queryset: `{value: (label, lambda rows: rows.open())}`."""

    choices_by_value: dict[str, tuple[Any, Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _) in self.choices_by_value.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        choice = self.choices_by_value.get(self.value() or "")
        return choice[1](queryset) if choice else queryset


class TextInputFilter(TextFilter):
    """A filter with a text field. `filter_by` raises ValidationError for a value that is not valid."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = (self.value() or "").strip()
        try:
            return self.filter_by(queryset, value) if value else queryset
        except ValidationError as error:
            raise IncorrectLookupParameters from error

    def filter_by(self, rows: Any, value: str) -> Any:
        raise NotImplementedError


class DayRangeFilter(RangeDateFilter):
    """Filters a time field by days of TIME_ZONE. The first and the last day are included."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        first, last = self.day("from"), self.day("to")
        if first is not None and first > date.min:  # which begins before all times, east of UTC
            queryset = queryset.filter(**{f"{self.field_path}__gte": day_start(first)})
        if last is not None and last < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": day_start(last + timedelta(days=1))})
        return queryset

    def day(self, end: str) -> date | None:
        """Returns the entered day, or None if it is not a date; the form shows the error."""
        try:
            return forms.DateField(required=False).clean(self.used_parameters.get(f"{self.field_path}_{end}"))
        except ValidationError:
            return None
