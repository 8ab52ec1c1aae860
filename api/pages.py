"""What the server-rendered pages of every app share: they check with the app's serializers, as the API does."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest
from rest_framework.serializers import Serializer

from api.pagination import Keyset
from api.serializers import ListParameters


@dataclass(frozen=True)
class ListPage:
    """Some rows of a list, and the URLs of the pages beside them, or None."""

    rows: list[Any]
    next: str | None
    previous: str | None


def list_parameters(request: HttpRequest, keyset: Keyset, kind: type[ListParameters] = ListParameters) -> Any:
    """The checked query parameters of a list in the order of `keyset`; ValidationError, a page of status 400."""
    given = {name: value for name, value in request.GET.items() if value}  # an empty field of a form asks for nothing
    parameters = kind(data=given, context={"request": request, "keyset": keyset})
    parameters.is_valid(raise_exception=True)
    return parameters


def list_page(request: HttpRequest, keyset: Keyset, rows: models.QuerySet, parameters: ListParameters) -> ListPage:
    """One page of `rows` in the order of `keyset`."""
    asked = parameters.validated_data
    page = keyset.page(rows, size=asked["page_size"], position=asked.get("cursor"))
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
