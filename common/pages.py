"""Helpers for server-rendered pages. Pages validate with the serializers of the app, as the API does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_htmx.middleware import HtmxDetails
from rest_framework import serializers
from rest_framework.exceptions import APIException, Throttled
from rest_framework.serializers import Serializer
from rest_framework.utils.urls import replace_query_param

from common.api.serializers import ListParameters, SearchParameters
from common.exceptions import Conflict, error_message
from common.kept_text import kept_text, text_forget
from common.submissions import AlreadySubmittedError, form_key, submission_record

ALREADY_SUBMITTED = gettext_lazy("This was sent before, and is not sent again.")

Form = TypeVar("Form", bound=ListParameters)


class PageRequest(HttpRequest):
    """A request with `htmx` of the middleware, which is true if htmx requests a part of a page."""

    htmx: HtmxDetails


@dataclass(frozen=True)
class ListPage:
    """Some rows of a list, and the URLs of the next and the previous page, or None.

    If a search found nothing, `near` has the texts of searches that find something, with their URLs.
    """

    rows: list[Any]
    next: str | None
    previous: str | None
    near: dict[str, str]


def list_form(request: HttpRequest, model: type[models.Model], kind: type[Form], *, at: datetime | None = None) -> Form:
    """Returns the query parameters of a list of `model`, not yet validated, for a page that shows their errors.

    Empty fields and `page_size` are ignored. So are unknown parameters, because other sites add theirs to links.
    """
    given = {name: value for name, value in request.GET.items() if value and name in kind().fields}
    given.pop("page_size", None)
    return kind(data=given, context={"request": request, "keyset": kind.keyset(model, given), "at": at})


def list_parameters(
    request: HttpRequest, model: type[models.Model], kind: type[Form], *, at: datetime | None = None
) -> Form:
    """Returns the validated query parameters of a list of `model`. Raises ValidationError, which is a page with 400."""
    parameters = list_form(request, model, kind, at=at)
    parameters.is_valid(raise_exception=True)
    return parameters


def list_page(request: HttpRequest, rows: models.QuerySet[Any], parameters: ListParameters) -> ListPage:
    """Returns one page of the rows that match the validated parameters, in their order."""
    url = request.get_full_path()
    page = parameters.page(parameters.context["keyset"], rows)
    near = parameters.near(rows) if isinstance(parameters, SearchParameters) and not page.rows else []
    return ListPage(page.rows, **page.links(url), near={text: replace_query_param(url, "q", text) for text in near})


def form_of(request: HttpRequest, kind: type[Serializer[Any]], instance: Any = None, **context: Any) -> Serializer[Any]:
    """Returns a form for templates/parts/field.html, filled with the posted values or else those of the instance."""
    context = {"request": request, **context}
    if request.method == "POST":
        return kind(instance, data=request.POST.dict(), context=context)
    return kind(instance, context=context)


def show_message(request: HttpRequest, text: str) -> None:
    """Shows a message once, at the top of the next page."""
    messages.success(request, text)


Act = Callable[[HttpRequest, Serializer[Any]], HttpResponse]


def form_page(
    request: HttpRequest, template: str, form: Serializer[Any], act: Act, *, creates: bool = False, **context: Any
) -> HttpResponse:
    """Returns a page with a form, or after a POST the response of `act`, which validates the form and writes.

    A form that `creates` something includes parts/form_key.html, and is submitted once (see `common.submissions`).

    Errors that `act` raises are shown above the form, which keeps the posted values: invalid fields (400), errors of a
    service (400, 409) and a throttle (429).
    """
    if creates:
        context["form_key"] = form_key(request)
    if request.method != "POST":
        return render(request, template, {"form": with_kept_text(request, form), **context})
    try:
        response = create(request, form, act) if creates else act(request, form)
        text_forget(request)
        return response
    except AlreadySubmittedError:
        show_message(request, str(ALREADY_SUBMITTED))
        return redirect(request.path)
    except serializers.ValidationError:
        message = _("Please correct the errors below.")
        return render(request, template, {**context, "form": form, "refusal": message}, status=400)
    except (Conflict, Throttled, ValidationError) as error:
        return render_with_error(request, template, error, {"form": fields_with(form, request.POST), **context})


@transaction.atomic
def create(request: HttpRequest, form: Serializer[Any], act: Act) -> HttpResponse:
    """Returns the response of `act`. Raises AlreadySubmittedError if the same form has created something before."""
    submission_record(request, at=timezone.now())
    return act(request, form)


def render_with_error(
    request: HttpRequest, template: str, error: APIException | ValidationError, context: dict[str, Any]
) -> HttpResponse:
    """Returns a page with the message of an error at its top (parts/errors.html)."""
    status = getattr(error, "status_code", 400)
    if not isinstance(error, Throttled):
        return render(request, template, {**context, "refusal": error_message(error)}, status=status)
    wait = max(1, ceil(getattr(error, "wait", None) or 0))
    response = render(request, template, {**context, "refusal": throttled_message(wait)}, status=status)
    response["Retry-After"] = str(wait)
    return response


def throttled_message(seconds: int) -> str:
    minutes = ceil(seconds / 60)
    text = ngettext(
        "Too many attempts. Please try again in %(count)s minute.",
        "Too many attempts. Please try again in %(count)s minutes.",
        minutes,
    )
    return text % {"count": minutes}


def fields_with(form: Serializer[Any], values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Returns the fields of a form with values for parts/field.html, not validated and so without errors."""
    names: list[Any] = list(form.fields)
    return {name: {"name": name, "value": values.get(name, "")} for name in names}


def with_kept_text(request: HttpRequest, form: Serializer[Any]) -> Serializer[Any] | dict[str, dict[str, str]]:
    """Returns a form with the text that was typed before the session ended, if there is any, and says so."""
    kept = kept_text_show(request)
    return fields_with(form, kept) if kept else form


def kept_text_show(request: HttpRequest) -> dict[str, str]:
    """Returns the text that was typed before the session ended, by field, and tells the user if there is any."""
    kept = kept_text(request, at=timezone.now())
    if kept:
        messages.warning(request, _("You typed this before your session ended. It is not sent yet."))
    return kept


def next_url(request: HttpRequest, otherwise: str = settings.LOGIN_REDIRECT_URL) -> str:
    """Returns the URL in the parameter `next` if it is a page of this site, else the URL of `otherwise`."""
    url = request.POST.get("next") or request.GET.get("next", "")
    return url if is_own_page(request, url) else resolve_url(otherwise)


def is_own_page(request: HttpRequest, url: str) -> bool:
    """Returns whether a URL is a page of this site. It begins with a slash, so that it names no host."""
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return is_ours and url.startswith("/")
