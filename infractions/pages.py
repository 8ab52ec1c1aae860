"""The pages of a resident's own infractions, and of an objection to one."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.serializers import Serializer

from accounts.authentication import current_user
from common.kept_text import keeps_text
from common.pages import form_of, form_page, show_message
from infractions.infraction_serializers import ObjectionInput
from infractions.models import MAX_OBJECTION_LENGTH, Infraction, Objection, Person
from infractions.objections import objection_bar, objection_create
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
        report = context["report"] = person_report(person, max_results=MAX_INFRACTIONS)
        at = timezone.now()
        context["too_late"] = {row.pk for row in report.results.models if objection_bar(row, at=at)}
        context["csv_url"] = f"{reverse('infraction_report')}?{query}"
        objections = Objection.objects.of_owners(Person.objects.filter(pk=person.pk))
        context["objections"] = objections.select_related("infraction__vehicle")[:MAX_INFRACTIONS]
    return render(request, "infractions/list.html", context)


@keeps_text("text")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def objection(request: HttpRequest, infraction_id: int) -> HttpResponse:
    """Shows the objection to an own infraction with its answer, or the form to object."""
    user, at = current_user(request), timezone.now()
    own = Infraction.objects.owned_by(user).select_related("vehicle", "officer", "objection")
    infraction = get_object_or_404(own, pk=infraction_id)

    def object_to(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
        form.is_valid(raise_exception=True)
        objection_create(infraction=infraction, text=form.validated_data["text"], by=user, at=at)
        show_message(request, _("The traffic office has your objection. You will get the answer by email."))
        return redirect("pages:objection", infraction.pk)

    context = {
        "infraction": infraction,
        "objection": infraction.filed_objection,
        "bar": objection_bar(infraction, at=at),
        "max_length": MAX_OBJECTION_LENGTH,
    }
    return form_page(request, "infractions/objection.html", form_of(request, ObjectionInput), object_to, **context)
