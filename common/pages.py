"""What the server-rendered pages of every app share: they check with the app's serializers, as the API does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.middleware import HtmxDetails
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.serializers import Serializer

from common.api.serializers import ListParameters
from common.exceptions import Conflict, refusal
from common.pagination import Keyset

Form = TypeVar("Form", bound=ListParameters)


class PageRequest(HttpRequest):
    """A request as the middleware leaves it: `htmx` tells whether a part of a page is asked for."""

    htmx: HtmxDetails


@dataclass(frozen=True)
class ListPage:
    """Some rows of a list, and the URLs of the pages beside them, or None."""

    rows: list[Any]
    next: str | None
    previous: str | None


def list_form(request: HttpRequest, model: type[models.Model], kind: type[Form], *, at: datetime | None = None) -> Form:
    """Returns the query parameters of a list of `model`, unchecked, for a page that shows what is wrong with them.

    An empty field of a form asks for nothing, the page decides its own length, and what is no parameter of the list
    is passed over: links to pages come with parameters of others.
    """
    given = {name: value for name, value in request.GET.items() if value and name in kind().fields}
    given.pop("page_size", None)
    return kind(data=given, context={"request": request, "keyset": Keyset(model), "at": at})


def list_parameters(
    request: HttpRequest, model: type[models.Model], kind: type[Form], *, at: datetime | None = None
) -> Form:
    """Returns the query parameters of a list of `model`, checked. Raises ValidationError, a page of status 400."""
    parameters = list_form(request, model, kind, at=at)
    parameters.is_valid(raise_exception=True)
    return parameters


def list_page(request: HttpRequest, rows: models.QuerySet, parameters: ListParameters) -> ListPage:
    """Returns one page of the rows that the checked parameters ask for, in the order of the model."""
    page = Keyset(rows.model).page(parameters.filter(rows), **parameters.page)
    return ListPage(page.rows, **page.links(request.get_full_path()))


def form_of(request: HttpRequest, kind: type[Serializer], instance: Any = None, **context: Any) -> Serializer:
    """A form for templates/parts/field.html: over what was posted, else over the instance, else empty."""
    context = {"request": request, **context}
    if request.method == "POST":
        return kind(instance, data=request.POST.dict(), context=context)
    return kind(instance, context=context)


def say(request: HttpRequest, text: str) -> None:
    """Shown once, at the top of the next page."""
    messages.success(request, text)


Act = Callable[[HttpRequest, Serializer], HttpResponse]


def form_page(request: HttpRequest, template: str, form: Serializer, act: Act, **context: Any) -> HttpResponse:
    """A form of a serializer. Once it is posted, `act` checks it, writes, and says where to go on.

    What `act` raises is shown over the form, which keeps what was typed: a field that is wrong (400), what a service
    refuses (400, 409), and a throttle (429).
    """
    if request.method != "POST":
        return render(request, template, {"form": form, **context})
    try:
        return act(request, form)
    except serializers.ValidationError:
        refused = {"form": form, "refusal": _("Please look again at what is marked below.")}
        return render(request, template, {**context, **refused}, status=400)
    except (Conflict, Throttled, ValidationError) as error:
        return refused_page(request, template, error, {"form": typed(request, form), **context})


def refused_page(
    request: HttpRequest, template: str, error: Conflict | Throttled | ValidationError, context: dict[str, Any]
) -> HttpResponse:
    """A page with what was refused on top of it (parts/refusal.html)."""
    status = getattr(error, "status_code", 400)
    if not isinstance(error, Throttled):
        return render(request, template, {**context, "refusal": refusal(error)}, status=status)
    wait = max(1, ceil(getattr(error, "wait", None) or 0))
    response = render(request, template, {**context, "refusal": too_often(wait)}, status=status)
    response["Retry-After"] = str(wait)
    return response


def too_often(seconds: int) -> str:
    minutes = ceil(seconds / 60)
    text = ngettext(
        "That was too often. Please try again in %(count)s minute.",
        "That was too often. Please try again in %(count)s minutes.",
        minutes,
    )
    return text % {"count": minutes}


def typed(request: HttpRequest, form: Serializer) -> dict[str, dict[str, str]]:
    """The fields of a form as they were posted, for parts/field.html: unchecked, and so without errors."""
    names: list[Any] = list(form.fields)
    return {name: {"name": name, "value": request.POST.get(name, "")} for name in names}


def next_url(request: HttpRequest, otherwise: str = settings.LOGIN_REDIRECT_URL) -> str:
    """Where the way leads on: to the page of this site that `next` names, else to another."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") else resolve_url(otherwise)
