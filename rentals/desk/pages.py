"""The pages of the desk: the search, a resident, a book, and the receipt of a payment."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.authentication import current_user
from accounts.models import User
from books.models import Book
from rentals import tariffs
from rentals.desk.search import MAX_FOUND, SearchForm, find_books, find_residents, first_rows, numbers_of
from rentals.desk.summary import summary_of
from rentals.desk.views import desk_page, render_desk
from rentals.models import Hold, Payment, Rental
from rentals.payment_forms import DeskPaymentForm

MAX_BASKET = 20  # books that are lent at once
MAX_BORROWERS = 100  # shown of a book


@desk_page()
def search(request: HttpRequest) -> HttpResponse:
    """Finds residents and books. If there is only one, its page opens."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return render_desk(request, "search", form=form, status=400)
    text = form.cleaned_data["q"]
    if not text:
        return render_desk(request, "search", form=form)
    residents = first_rows(find_residents(text))
    books = first_rows(find_books(text)) if request.user.has_perm("rentals.view_rental") else []
    match residents, books:
        case [only], []:
            return redirect("desk:resident", only.pk)
        case [], [only]:
            return redirect("desk:book", only.pk)
    return render_desk(
        request,
        "search",
        form=form,
        text=text,
        residents=residents[:MAX_FOUND],
        books=books[:MAX_FOUND],
        has_more=max(len(residents), len(books)) > MAX_FOUND,
    )


@desk_page()
def resident(request: HttpRequest, user_id: int) -> HttpResponse:
    """Shows a resident with rentals, holds and payments, and the books that are to be lent."""
    user, at = get_object_or_404(User, pk=user_id), timezone.now()
    basket: dict[str, Any] = {}
    if request.user.has_perm("rentals.add_rental"):
        basket = basket_of(request, user, at=at)
        if "added" in basket:
            return redirect(basket["added"])
    return render_resident(request, user, at=at, **basket)


def render_resident(
    request: HttpRequest, user: User, *, at: datetime, form: DeskPaymentForm | None = None, **context: Any
) -> HttpResponse:
    summary = summary_of(user, by=current_user(request), at=at)
    if form is None:
        owed = summary["balance"]["balance"] if "balance" in summary else 0
        form = DeskPaymentForm(instance=Payment(user=user), initial={"amount": owed if owed > 0 else None})
    status = 400 if form.is_bound else 200
    return render_desk(request, "resident", status=status, payment_form=form, **summary, **context)


def basket_of(request: HttpRequest, user: User, *, at: datetime) -> dict[str, Any]:
    """Returns the books that are to be lent, and what was found for the text that was scanned to add one.

    If it is one book, `added` is the URL with that book among the others.
    """
    ids = numbers_of(request.GET.getlist("book"), MAX_BASKET)
    form = SearchForm({"q": request.GET.get("add", "")})
    context: dict[str, Any] = {"scan_form": form, "due": at + timedelta(days=settings.LOAN_DAYS)}
    if form.is_valid() and (text := form.cleaned_data["q"]):
        choices = first_rows(find_books(text))
        if len(ids) == MAX_BASKET:
            context["scan_error"] = _("Lend these %(count)s books first.") % {"count": MAX_BASKET}
        elif len(choices) == 1:
            return {"added": basket_url(user, [*ids, choices[0].pk])}
        elif choices:
            urls = [(choice, basket_url(user, [*ids, choice.pk])) for choice in choices[:MAX_FOUND]]
            context |= {"choices": urls, "has_more_choices": len(choices) > MAX_FOUND}
        else:
            context["scan_error"] = _("No book was found for “%(text)s”.") % {"text": text}
    elif form.errors:
        context["scan_error"] = " ".join(map(str, form.errors["q"]))
    return {**context, "basket": basket_lines(user, ids)}


def basket_url(user: User, ids: list[int]) -> str:
    query = urlencode([("book", pk) for pk in dict.fromkeys(ids)])
    return reverse("desk:resident", args=[user.pk]) + (f"?{query}" if query else "")


def basket_lines(user: User, ids: list[int]) -> list[dict[str, Any]]:
    """Returns the books with what they cost, what may keep the resident from renting them, and the URL without each."""
    quotes = {
        "first_charge": tariffs.quote(tariffs.CURRENT, 1),
        "charge_when_due": tariffs.quote(tariffs.CURRENT, settings.LOAN_DAYS),
    }
    books = Book.objects.without_search_vector().annotate(**quotes).in_bulk(ids) if ids else {}
    has = set(Rental.objects.open().filter(user=user, book__in=ids).values_list("book_id", flat=True)) if ids else set()
    ready = set(Hold.objects.ready().filter(user=user, book__in=ids).values_list("book_id", flat=True)) if ids else ()
    return [
        {
            "book": books[pk],
            "is_out": pk in has,
            "is_set_aside": pk in ready,
            "url_without": basket_url(user, [other for other in ids if other != pk]),
        }
        for pk in ids
        if pk in books
    ]


@desk_page("rentals.view_rental")
def book(request: HttpRequest, book_id: int) -> HttpResponse:
    """Shows who has a book, those who are longest overdue first, and who waits for it."""
    found = get_object_or_404(Book.objects.without_search_vector(), pk=book_id)
    rentals = Rental.objects.open().filter(book=found).with_explanation(at=timezone.now()).select_related("user")
    borrowers = list(rentals.order_by("date_due", "ref")[: MAX_BORROWERS + 1])
    context: dict[str, Any] = {"book": found, "rentals": borrowers[:MAX_BORROWERS], "is_only": len(borrowers) == 1}
    if request.user.has_perm("rentals.view_hold"):
        waiting = Hold.objects.waiting().filter(book=found).order_by("pk").select_related("user")
        context["next"] = waiting.first()
        context["ready"] = list(Hold.objects.ready().filter(book=found).select_related("user")[:MAX_FOUND])
    return render_desk(request, "book", has_more=len(borrowers) > MAX_BORROWERS, **context)


@desk_page("rentals.view_payment")
def receipt(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Shows a payment as a receipt to print."""
    payment = get_object_or_404(Payment.objects.select_related("user", "recorded_by"), pk=payment_id)
    return render_desk(request, "receipt", payment=payment)
