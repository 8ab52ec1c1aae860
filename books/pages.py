"""The page of the catalog, open to everyone."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from books.models import Book, BookType, language_name
from books.serializers import BookParameters
from common.pages import PageRequest, list_page, list_parameters

ORDERS = [
    ("name", _("Title")),
    ("author", _("Author")),
    ("newest", _("Newest")),
    ("most_borrowed", _("Most borrowed")),
]
# Filters that the form has no field for: links on the pages of books set them.
LINK_FILTERS = {
    "author": _("Author"),
    "isbn": _("ISBN"),
    "language": _("Language"),
    "subject": _("Subject"),
    "year": _("Year"),
}


@login_not_required
@require_safe
@vary_on_headers("HX-Request")
def book_list(request: PageRequest) -> HttpResponse:
    """Shows the books that the search form asks for. htmx, which sends the form, gets only the results."""
    parameters = list_parameters(request, Book, BookParameters)
    page = list_page(request, Book.objects.without_search_vector(), parameters)
    template = "books/parts/results.html" if request.htmx else "books/list.html"
    context = {
        "page": page,
        "filters": parameters.validated_data,
        "links": link_filters(parameters.validated_data),
        "book_types": BookType.choices,
        "orders": ORDERS,
    }
    return render(request, template, context)


def link_filters(values: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Returns the name, label and value of each filter of LINK_FILTERS that is set, and the value as it is shown."""
    given = [(name, str(label), str(values[name])) for name, label in LINK_FILTERS.items() if name in values]
    return [(*each, language_name(each[2]) if each[0] == "language" else each[2]) for each in given]
