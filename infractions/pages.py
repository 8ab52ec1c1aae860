"""A resident's own infractions."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.authentication import current_user
from infractions.report_query import file_of, person_find

SHOWN = 50  # infractions on the page, which stays under 100 kB with the longest texts


@never_cache
@require_safe
def infraction_list(request: HttpRequest) -> HttpResponse:
    """Theirs whose confirmed address is on file; to others nothing is told, and why not."""
    user = current_user(request)
    verified = user.has_verified_email()
    person = person_find(user.email, allowed=verified, caller=f"user {user.pk}")
    context: dict[str, Any] = {"verified": verified}
    if person is not None:
        address = reverse("infraction_report")
        context |= {
            "file": file_of(person, most=SHOWN),
            "csv": f"{address}?{urlencode({'email': user.email, 'format': 'csv'})}",
        }
    return render(request, "infractions/list.html", context)
