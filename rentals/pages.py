"""The page of a book with its price, and the pages of a resident's own rentals and payments."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.authentication import current_user
from accounts.models import User
from books.models import Book
from common.api.serializers import ListParameters
from common.exceptions import Conflict
from common.pages import ALREADY_SUBMITTED, list_page, list_parameters, render_with_error, show_message
from common.submissions import AlreadySubmittedError, form_key, submission_record
from rentals import services, tariffs
from rentals.balance import balance_of
from rentals.holds import hold_create
from rentals.mail import moment
from rentals.models import Hold, Payment, Rental

QUOTED_DAYS = (1, 3, 7, 14)
LATEST_PAYMENTS = 5  # rows
MAX_SHOWN_HOLDS = 100  # rows


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, book_id: int) -> HttpResponse:
    """Shows a book. A POST rents it, or with `hold` puts the caller in its line.

    A visitor who is not signed in signs in first, and comes back to this page.
    """
    at = timezone.now()
    if request.method != "POST":
        return render(request, "rentals/book.html", book_context(request, book_id, at=at))
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    book = get_object_or_404(Book.objects.only("pk", "name"), pk=book_id)
    act = wait_for if "hold" in request.POST else rent
    try:
        with transaction.atomic():
            submission_record(request, at=at)
            message = act(current_user(request), book, at=at)
    except AlreadySubmittedError:
        message = str(ALREADY_SUBMITTED)
    except services.AlreadyRented:  # often a second press of the button, so it is not shown as an error
        message = _("You already have this book.")
    except Conflict as error:
        return render_with_error(request, "rentals/book.html", error, book_context(request, book_id, at=at))
    show_message(request, message)
    return redirect("pages:rentals")


def rent(user: User, book: Book, *, at: datetime) -> str:
    """Rents a book for the caller, and returns what they are told."""
    rental = services.rental_create(user=user, book=book, by=user, at=at)
    text = _("“%(book)s” is waiting for you at the library desk. Please return it by %(date)s at the latest.")
    return text % {"book": book.name, "date": moment(rental.date_due)}


def wait_for(user: User, book: Book, *, at: datetime) -> str:
    """Puts the caller in the line for a book, and returns what they are told."""
    hold = hold_create(user=user, book=book, at=at)
    place = Hold.objects.with_place().get(pk=hold.pk).place
    text = _("You are number %(place)s in the line for “%(book)s”. We tell you by email when it is ready for you.")
    return text % {"book": book.name, "place": place}


def book_context(request: HttpRequest, book_id: int, *, at: datetime) -> dict[str, Any]:
    quotes = {f"quote_{days}": tariffs.quote(tariffs.CURRENT, days) for days in QUOTED_DAYS}
    book = get_object_or_404(Book.objects.without_search_vector().annotate(**quotes), pk=book_id)
    context = {
        "book": book,
        "quotes": [(days, getattr(book, f"quote_{days}")) for days in QUOTED_DAYS],
        "due": at + timedelta(days=settings.LOAN_DAYS),
        "is_late": book.next_due is not None and book.next_due < at,
        "form_key": form_key(request),
    }
    if request.user.is_authenticated:
        user = current_user(request)
        context["rental"] = rental = Rental.objects.open_for(user=user, book=book).first()
        context["is_overdue"] = rental is not None and rental.date_due < at
        context["hold"] = Hold.objects.open_at(at).filter(user=user, book=book).with_place().first()
    return context


@never_cache
@require_safe
def rentals(request: HttpRequest) -> HttpResponse:
    """Shows the caller's open and past rentals, holds, balance and latest payments."""
    user, at = current_user(request), timezone.now()
    parameters = list_parameters(request, Rental, ListParameters)
    own_rentals = Rental.objects.filter(user=user).with_explanation(at=at)
    open_rentals = list(own_rentals.open().order_by("date_due", "ref").prefetch_related("notices"))
    cancellable = set(Rental.objects.cancellable_by(user, at=at).values_list("pk", flat=True))
    balance = balance_of(user.pk, version=tariffs.CURRENT, at=at)
    holds = Hold.objects.open_at(at).filter(user=user).with_place().prefetch_books()
    context = {
        "open_rentals": [
            (rental, services.renewal_bar(rental, rental.book, at=at), rental.pk in cancellable)
            for rental in open_rentals
        ],
        "holds": holds.order_by("ready_until", "pk")[:MAX_SHOWN_HOLDS],
        "page": list_page(request, own_rentals.ended(), parameters),
        "balance": balance,
        "credit": -balance["balance"],
        "payments": Payment.objects.filter(user=user)[:LATEST_PAYMENTS],
        "form_key": form_key(request),
    }
    return render(request, "rentals/rentals.html", context)


@never_cache
@require_safe
def payments(request: HttpRequest) -> HttpResponse:
    """Shows all payments of the caller."""
    parameters = list_parameters(request, Payment, ListParameters)
    own_payments = Payment.objects.filter(user=current_user(request))
    return render(request, "rentals/payments.html", {"page": list_page(request, own_payments, parameters)})
