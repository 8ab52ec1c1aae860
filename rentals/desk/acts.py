"""The acts of the desk: lend, return, renew, void, and take a payment. Each calls the service that the API calls."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.authentication import current_user
from accounts.models import User
from books.models import Book
from common.exceptions import Conflict, error_message
from common.form_fields import LineFormField
from common.models import MAX_REASON_LENGTH
from common.pages import next_url
from common.templatetags.money import money
from rentals import services
from rentals.desk.pages import MAX_BASKET, render_resident
from rentals.desk.search import numbers_of
from rentals.desk.views import act_once, desk_act
from rentals.models import Hold, Payment, Rental
from rentals.payment_forms import DeskPaymentForm
from rentals.tariffs import CURRENT

REASON = LineFormField(max_length=MAX_REASON_LENGTH)


def log_change(request: HttpRequest, row: Any, text: str) -> str:
    """Logs an act in the history of a row, as its list in the back office does, and returns the text."""
    admin.site.get_model_admin(type(row)).log_change(request, row, text)
    return text


def day(time: datetime) -> str:
    return date_format(timezone.localtime(time), "DATE_FORMAT")


@desk_act("rentals.add_rental")
def lend(request: HttpRequest, user_id: int) -> HttpResponse:
    """Lends several books. One that is refused keeps no other from being lent."""
    resident = get_object_or_404(User, pk=user_id)
    # By id: all of them are locked until the end, in the order that every other service keeps.
    books = Book.objects.only("pk", "name").in_bulk(numbers_of(request.POST.getlist("book"), MAX_BASKET))

    def act(at: datetime) -> str:
        lent = []
        for _pk, book in sorted(books.items()):
            try:
                rental = services.rental_create(user=resident, book=book, by=current_user(request), at=at)
            except Conflict as error:
                messages.warning(request, f"{book.name}: {error_message(error)}")
            else:
                admin.site.get_model_admin(Rental).log_addition(request, rental, [{"added": {}}])
                lent.append(rental)
        if not lent:
            return ""
        names = ", ".join(rental.book.name for rental in lent)
        return _("Lent: %(books)s. Due on %(date)s.") % {"books": names, "date": day(lent[0].date_due)}

    if not books:
        messages.warning(request, _("Scan or type a book first."))
    else:
        act_once(request, act)
    return redirect("desk:resident", resident.pk)


@desk_act("rentals.change_rental")
def return_book(request: HttpRequest, ref: int) -> HttpResponse:
    """Returns a rental, and shows the charge and for whom the copy is set aside now."""
    rental = get_object_or_404(Rental.objects.select_related("book", "user"), pk=ref)

    def act(at: datetime) -> str:
        services.rental_return(rental=rental, at=at)
        log_change(request, rental, _("Returned."))
        charge = Rental.objects.with_charge(CURRENT, at=at).get(pk=rental.pk).charge
        words = {"book": rental.book.name, "resident": rental.user.get_short_name(), "charge": money(charge)}
        texts = [_("“%(book)s” from %(resident)s is returned. Charge: %(charge)s.") % words]
        for hold in Hold.objects.set_aside_since(at).filter(book=rental.book_id).select_related("user"):
            until = cast("datetime", hold.ready_until)  # a copy is set aside until a time
            words = {"resident": hold.user.get_short_name(), "date": day(until)}
            texts.append(_("Set it aside for %(resident)s until %(date)s.") % words)
        return " ".join(texts)

    act_once(request, act)
    return redirect(next_url(request, "desk:search"))


@desk_act("rentals.change_rental")
def renew(request: HttpRequest, ref: int) -> HttpResponse:
    rental = get_object_or_404(Rental.objects.select_related("book"), pk=ref)

    def act(at: datetime) -> str:
        renewed = services.rental_renew(rental=rental, at=at)
        log_change(request, rental, _("Renewed."))
        words = {"book": rental.book.name, "date": day(renewed.date_due)}
        return _("“%(book)s” is renewed. Due on %(date)s.") % words

    act_once(request, act)
    return redirect("desk:resident", rental.user_id)


@desk_act("rentals.change_rental")
def void(request: HttpRequest, ref: int) -> HttpResponse:
    """Voids a rental. Without a reason, or with one that is not a line of text, nothing happens."""
    rental = get_object_or_404(Rental.objects.select_related("book"), pk=ref)

    def act(at: datetime) -> str:
        try:
            reason = REASON.clean(request.POST.get("reason", ""))
        except ValidationError as error:
            raise ValidationError(_("Reason: %(error)s") % {"error": error_message(error)}) from error
        services.rental_void(rental=rental, reason=reason, by=current_user(request), at=at)
        log_change(request, rental, _("Voided: %(reason)s") % {"reason": reason})
        return _("“%(book)s” is void: it costs nothing.") % {"book": rental.book.name}

    act_once(request, act)
    return redirect("desk:resident", rental.user_id)


@desk_act("rentals.view_payment", "rentals.add_payment")
def pay(request: HttpRequest, user_id: int) -> HttpResponse:
    """Takes a payment, and shows the receipt. One above the balance is asked about again."""
    resident = get_object_or_404(User, pk=user_id)
    form = DeskPaymentForm(request.POST, instance=Payment(user=resident))
    if not form.is_valid():
        return render_resident(request, resident, at=timezone.now(), form=form)
    recorded: list[Payment] = []

    def act(at: datetime) -> str:
        amount, note = form.cleaned_data["amount"], form.cleaned_data["note"]
        payment = services.payment_record(user=resident, amount=amount, note=note, by=current_user(request), at=at)
        admin.site.get_model_admin(Payment).log_addition(request, payment, [{"added": {}}])
        recorded.append(payment)
        return _("Recorded a payment of %(amount)s.") % {"amount": money(amount)}

    if act_once(request, act):
        return redirect("desk:receipt", recorded[0].pk)
    return redirect("desk:resident", resident.pk)
