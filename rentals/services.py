"""Services that rent and return books, and record and void payments.

Locks are taken in one order, which new services follow too: the account, books by id, holds, rentals. Otherwise two
calls for the same book, such as a return and a new rental by the same resident, could wait for each other.
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
from rentals.models import ALREADY_RENTED, Payment, Rental


class AlreadyRented(Conflict):
    """409: the resident already has a copy of the book."""

    default_detail = ALREADY_RENTED


def rental_create(*, user: User, book: Book, at: datetime) -> Rental:
    """Rents one copy of a book to a resident, due LOAN_DAYS after `at`.

    Guarantees, for any number of simultaneous calls: no more copies are out than the library owns, `copies_out` counts
    the open rentals, a resident has at most one copy of a book, and a closed account has no open rental. The rental
    keeps the type that the book has now.

    Locks the account and the book, and then inserts the rental. Raises AlreadyRented if the resident has a copy of the
    book, also when it was the last one, and Conflict if the account is not active or the book has no copies left. Then
    nothing has changed.
    """
    try:
        with transaction.atomic():
            # Closing an account waits for this lock, or this call for the closing, which makes the account inactive.
            active = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True)
            if not active.values_list("pk").first():
                raise Conflict(_("This account is not active."))
            # One conditional update takes a copy and locks the book. A query before it would show the last copy to
            # two calls.
            available = Book.objects.filter(pk=book.pk, copies_out__lt=F("copies"))
            if not available.update(copies_out=F("copies_out") + 1):
                if Rental.objects.open_for(user=user, book=book).exists():
                    raise AlreadyRented
                raise Conflict(_("This book has no copies left."))
            book.refresh_from_db(fields=["book_type"])  # staff may have changed it before the book was locked
            return Rental.objects.create(
                user=user,
                book=book,
                book_type=book.book_type,
                date_rented=at,
                date_due=at + timedelta(days=settings.LOAN_DAYS),
            )
    except IntegrityError as error:
        if violated_constraint(error) == "one_open_rental_of_a_book":
            raise AlreadyRented from error
        raise


@transaction.atomic
def rental_return(*, rental: Rental, at: datetime) -> Rental:
    """Returns a rental: its charge stops at `at`, and its copy is available again.

    Guarantees that of any number of simultaneous calls for a rental one succeeds, so that its copy is counted back
    once.

    Locks the book, and then updates the rental. Raises Conflict if the rental has already been returned.
    """
    Book.objects.select_for_update().get(pk=rental.book_id)
    if not Rental.objects.open().filter(pk=rental.pk).update(date_returned=at):
        raise Conflict(_("This rental has already been returned."))
    Book.objects.filter(pk=rental.book_id).update(copies_out=F("copies_out") - 1)
    rental.date_returned = at
    return rental


def payment_record(*, user: User, amount: Decimal, note: str, by: User, at: datetime) -> Payment:
    """Records a payment of a resident, received by `by`, which counts in the balance.

    `amount` is in settings.CURRENCY, with two places, from 0.01 to 99,999,999.99: the API and the admin refuse another
    one, and so does a constraint of the table. Locks nothing, and raises no error of its own.
    """
    return Payment.objects.create(user=user, amount=amount, note=note, recorded_by=by, date_paid=at)


def payment_void(*, payment: Payment, reason: str, by: User, at: datetime) -> Payment:
    """Voids a payment, which then no longer counts in the balance. Its row stays, with the reason.

    Guarantees that of any number of simultaneous calls for a payment one succeeds. Locks only the payment. Raises
    Conflict if the payment is already void, and IntegrityError for an empty reason.
    """
    if not Payment.objects.mark_void(payment, reason=reason, by=by, at=at):
        raise Conflict(_("This payment is already void."))
    return payment
