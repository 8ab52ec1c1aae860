"""The page with a resident's statement of account, to print."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework import serializers

from accounts.authentication import current_user
from rentals.statement import MAX_LINES, statement_of

EARLIEST_YEAR = 1900


class StatementParameters(serializers.Serializer[Any]):
    """The days of the statement, both included: by default this month until today."""

    first = serializers.DateField()
    last = serializers.DateField()

    def validate_first(self, value: date) -> date:
        if value.year < EARLIEST_YEAR:
            raise serializers.ValidationError(_("Choose a later day."))
        if value > self.context["today"]:
            raise serializers.ValidationError(_("This day is in the future."))
        return value

    def validate(self, attrs: dict[str, date]) -> dict[str, date]:
        if attrs["last"] < attrs["first"]:
            raise serializers.ValidationError({"last": _("The last day is before the first.")})
        return {**attrs, "last": min(attrs["last"], self.context["today"])}


@never_cache
@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """Shows the caller's statement over the days `first` to `last`."""
    user, at = current_user(request), timezone.now()
    today = timezone.localdate(at)
    given = {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
    given |= {name: value for name in given if (value := request.GET.get(name))}
    form = StatementParameters(data=given, context={"today": today})
    context: dict[str, Any] = {"form": form, "at": at, "today": today, "max_lines": MAX_LINES}
    if not form.is_valid():
        return render(request, "rentals/statement.html", context, status=400)
    days = form.validated_data
    context |= {**days, "statement": statement_of(user, **days, at=at)}
    return render(request, "rentals/statement.html", context)
