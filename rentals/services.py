"""Whatever writes rentals and payments.

Locks are taken in one order, the book before its rentals: a return and a new rental of the same book by the same user
would otherwise wait for each other.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from books.models import Book
from common.exceptions import Conflict, violated_constraint
from rentals.models import Payment, Rental

NONE_LEFT = _("No copy of this book is left.")


class HeldAlready(Conflict):
    """409: nobody has two copies of a book."""

    default_detail = _("The user has this book already.")


def rental_create(*, user: User, book: Book, at: datetime) -> Rental:
    """Lends one copy. Raises Conflict when none is left, HeldAlready when the user holds one."""
    try:
        with transaction.atomic():
            copy_take(user, book)
            book.refresh_from_db(fields=["book_type"])  # as it is now that the row is ours
            return Rental.objects.create(
                user=user,
                book=book,
                book_type=book.book_type,
                date_rented=at,
                date_due=at + timedelta(days=settings.LOAN_DAYS),
            )
    except IntegrityError as error:
        if violated_constraint(error) == "one_open_rental_of_a_book":
            raise HeldAlready from error
        raise


def copy_take(user: User, book: Book) -> None:
    taken = Book.objects.filter(pk=book.pk, copies_out__lt=F("copies")).update(copies_out=F("copies_out") + 1)
    if not taken:
        raise HeldAlready if Rental.objects.held(user=user, book=book).exists() else Conflict(NONE_LEFT)


@transaction.atomic
def rental_return(*, rental: Rental, at: datetime) -> Rental:
    """Takes a copy back and stops the clock. Raises Conflict when it was returned before."""
    Book.objects.select_for_update().get(pk=rental.book_id)
    if not Rental.objects.open().filter(pk=rental.pk).update(date_returned=at):
        raise Conflict(_("This rental was returned before."))
    Book.objects.filter(pk=rental.book_id).update(copies_out=F("copies_out") - 1)
    rental.date_returned = at
    return rental


def payment_record(*, user: User, amount: Decimal, note: str, by: User, at: datetime) -> Payment:
    """Records what a resident paid."""
    return Payment.objects.create(user=user, amount=amount, note=note, recorded_by=by, date_paid=at)


def payment_void(*, payment: Payment, reason: str, by: User, at: datetime) -> Payment:
    """Voids a payment, which then no longer counts in the balance. Raises Conflict if it is void already."""
    if not Payment.objects.mark_void(payment, reason=reason, by=by, at=at):
        raise Conflict(_("This payment is void already."))
    return payment
