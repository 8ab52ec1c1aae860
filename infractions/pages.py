"""The page of a resident's own infractions."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.authentication import current_user
from infractions.report_query import person_find, person_report

MAX_INFRACTIONS = 50  # keeps the page under 100 kB, even with the longest texts


@never_cache
@require_safe
def infraction_list(request: HttpRequest) -> HttpResponse:
    """Shows the infractions of the person with the resident's email address, once the address is verified."""
    user = current_user(request)
    is_verified = user.has_verified_email()
    person = person_find(user.email, is_allowed=is_verified, caller=f"user {user.pk}")
    context: dict[str, Any] = {"is_verified": is_verified}
    if person is not None:
        query = urlencode({"email": user.email, "format": "csv"})
        context["report"] = person_report(person, max_results=MAX_INFRACTIONS)
        context["csv_url"] = f"{reverse('infraction_report')}?{query}"
    return render(request, "infractions/list.html", context)
