"""The catalogue as a page, for anyone."""

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
def catalogue(request: PageRequest) -> HttpResponse:
    """The whole page, or the results alone when the form of the page asks for them."""
    parameters = list_parameters(request, Book, BookParameters)
    page = list_page(request, Book.objects.without_search_vector(), parameters)
    template = "books/parts/results.html" if request.htmx else "books/catalogue.html"
    return render(request, template, {"page": page, "asked": parameters.validated_data, "kinds": BookType.choices})
