"""The page of the catalog, open to everyone."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from books.models import Book, BookType
from books.serializers import BookParameters
from common.pages import PageRequest, list_page, list_parameters


@login_not_required
@require_safe
@vary_on_headers("HX-Request")
def book_list(request: PageRequest) -> HttpResponse:
    """Shows the books that the search form asks for. htmx, which sends the form, gets only the results."""
    parameters = list_parameters(request, Book, BookParameters)
    page = list_page(request, Book.objects.without_search_vector(), parameters)
    template = "books/parts/results.html" if request.htmx else "books/list.html"
    context = {"page": page, "filters": parameters.validated_data, "book_types": BookType.choices}
    return render(request, template, context)
