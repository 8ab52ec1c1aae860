"""Lists of the admin that cost the same whatever the number of rows: counted and paged up to a bound."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.contrib.filters.admin import RadioFilter, RangeDateFilter
from unfold.views import ChangeList

from common.days import day_start

COUNTED = 10_000  # rows


class BoundedPaginator(Paginator):
    """Counts no further than COUNTED rows and pages no further than it counts, so that no page reads a whole table."""

    template_name = "admin/bounded_pagination.html"

    @cached_property
    def found(self) -> int:
        """How many rows there are, or COUNTED + 1 for more than COUNTED."""
        rows: Any = self.object_list
        return rows.order_by()[: COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.found, COUNTED)

    @property
    def has_more(self) -> bool:
        return self.found > COUNTED


class BoundedList(ChangeList):
    """Sorts by the columns of `sortable_by` and narrows by the filters alone: Django's hides the links to others, and
    obeys their addresses, whatever they cost.
    """

    def get_filters(self, request: HttpRequest) -> Any:
        specs, has_specs, others, may_have_duplicates, has_active = super().get_filters(request)
        if others:
            raise DisallowedModelAdminLookup(f"No filter of this list: {', '.join(others)}")
        return specs, has_specs, others, may_have_duplicates, has_active

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count  # otherwise the heading would count too, and not say that it stops

    def get_ordering_field(self, field_name: Any) -> Any:
        is_allowed = self.sortable_by is None or field_name in self.sortable_by
        return super().get_ordering_field(field_name) if is_allowed else None


class ChoiceFilter(RadioFilter):
    """A filter whose choices are words for querysets."""

    choices_by_value: dict[str, tuple[Any, Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _) in self.choices_by_value.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.choices_by_value.get(self.value() or "")
        return chosen[1](queryset) if chosen else queryset


class DayRangeFilter(RangeDateFilter):
    """From the beginning of one day of TIME_ZONE to the end of another."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        first, last = self.day("from"), self.day("to")
        if first is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": day_start(first)})
        if last is not None and last < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": day_start(last + timedelta(days=1))})
        return queryset

    def day(self, end: str) -> date | None:
        """The day that was typed; none where it is no day, which the form says."""
        try:
            return forms.DateField(required=False).clean(self.used_parameters.get(f"{self.field_path}_{end}"))
        except ValidationError:
            return None
