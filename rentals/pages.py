"""The page of a book with its price, and the pages of a resident's own rentals and payments."""

from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.authentication import current_user
from accounts.models import User
from books.models import Book
from common.api.serializers import ListParameters
from common.exceptions import Conflict
from common.pages import list_page, list_parameters, render_with_error, show_message
from rentals import services, tariffs
from rentals.balance import balance_of
from rentals.models import Payment, Rental

QUOTED_DAYS = (1, 3, 7, 14)
LATEST_PAYMENTS = 5  # rows


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, book_id: int) -> HttpResponse:
    """Shows a book. A POST rents it; a visitor who is not signed in signs in first, and comes back to this page."""
    if request.method != "POST":
        return render(request, "rentals/book.html", book_context(request, book_id))
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return rent(request, get_object_or_404(Book.objects.only("pk", "name"), pk=book_id), at=timezone.now())


def rent(request: HttpRequest, book: Book, *, at: datetime) -> HttpResponse:
    """Rents a book for the caller, and redirects to their rentals."""
    try:
        user = current_user(request)
        rental = services.rental_create(user=user, book=book, by=user, at=at)
    except services.AlreadyRented:  # often a second press of the button, so it is not shown as an error
        show_message(request, _("You already have this book."))
    except Conflict as error:
        return render_with_error(request, "rentals/book.html", error, book_context(request, book.pk))
    else:
        due = date_format(timezone.localtime(rental.date_due), "DATETIME_FORMAT")
        text = _("“%(book)s” is waiting for you at the library desk. Please return it by %(date)s at the latest.")
        show_message(request, text % {"book": book.name, "date": due})
    return redirect("pages:rentals")


def book_context(request: HttpRequest, book_id: int) -> dict[str, object]:
    quotes = {f"quote_{days}": tariffs.quote(tariffs.CURRENT, days) for days in QUOTED_DAYS}
    book = get_object_or_404(Book.objects.without_search_vector().annotate(**quotes), pk=book_id)
    user = request.user
    return {
        "book": book,
        "quotes": [(days, getattr(book, f"quote_{days}")) for days in QUOTED_DAYS],
        "has_book": user.is_authenticated and Rental.objects.open_for(user=user, book=book).exists(),
    }


@never_cache
@require_safe
def rentals(request: HttpRequest) -> HttpResponse:
    """Shows the caller's open and returned rentals, balance and latest payments."""
    user, at = current_user(request), timezone.now()
    parameters = list_parameters(request, Rental, ListParameters)
    own_rentals = Rental.objects.filter(user=user).with_explanation(at=at)
    balance = balance_of(User.objects.filter(pk=user.pk), version=tariffs.CURRENT, at=at)
    context = {
        "open_rentals": own_rentals.open().order_by("date_due", "ref"),
        "page": list_page(request, own_rentals.returned(), parameters),
        "balance": balance,
        "credit": -balance["balance"],
        "payments": Payment.objects.filter(user=user)[:LATEST_PAYMENTS],
    }
    return render(request, "rentals/rentals.html", context)


@never_cache
@require_safe
def payments(request: HttpRequest) -> HttpResponse:
    """Shows all payments of the caller."""
    parameters = list_parameters(request, Payment, ListParameters)
    own_payments = Payment.objects.filter(user=current_user(request))
    return render(request, "rentals/payments.html", {"page": list_page(request, own_payments, parameters)})
