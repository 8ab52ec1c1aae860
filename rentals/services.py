"""Services that rent, return, renew and void rentals, and record and void payments.

Locks are taken in one order, which new services follow too: the account, books by id, holds, rentals. Otherwise two
calls for the same book, such as a return and a new rental by the same resident, could wait for each other.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from books.models import Book
from common.exceptions import Conflict, violated_constraint
from common.statements import compiled, insert
from rentals import tariffs
from rentals.balance import balance_of
from rentals.line import account_lock, book_lock, book_settle, copy_take
from rentals.mail import moment, send_receipt
from rentals.models import ALREADY_RENTED, Payment, Rental, UndoneReturn

IS_VOID = _("This rental is void.")
ALREADY_RETURNED = _("This rental has already been returned.")


class AlreadyRented(Conflict):
    """409: the resident already has a copy of the book."""

    default_detail = ALREADY_RENTED


def rental_create(*, user: User, book: Book, by: User, at: datetime) -> Rental:
    """Rents one copy of a book to a resident, due LOAN_DAYS after `at`. `by` is the resident, or staff.

    Guarantees, for any number of simultaneous calls: no more copies are out and set aside than the library owns, the
    counts of the book are those of its rentals and holds, a resident has at most one copy of a book and at most
    MAX_RENTALS books, no copy that is set aside goes to another resident, and a closed account has no open rental. The
    rental keeps the type that the book has now. A hold of the resident on the book is fulfilled.

    Locks the account and the book, and then inserts the rental. Raises AlreadyRented if the resident has a copy of the
    book, also when it was the last one, and Conflict if the account is not active, if the resident has MAX_RENTALS
    books or owes more than MAX_DEBT, or if the book has no copy for the resident. Then nothing has changed.
    """
    try:
        with transaction.atomic():
            account_lock(user)
            check_limits(user, book, at=at)
            locked = book_lock(book.pk)
            copy_take(locked, user, at=at)
            rental = insert(
                Rental(
                    user=user,
                    book=book,
                    book_type=locked.book_type,
                    date_rented=at,
                    date_due=at + timedelta(days=settings.LOAN_DAYS),
                    is_self_service=by.pk == user.pk,
                )
            )
            locked.times_rented += 1
            book_settle(locked, at=at)
            return rental
    except IntegrityError as error:
        if violated_constraint(error) == "one_open_rental_of_a_book":
            raise AlreadyRented from error
        raise


def check_limits(user: User, book: Book, *, at: datetime) -> None:
    """Raises what keeps a resident, whose account is locked, from renting a book: see `rental_create`."""
    held = {rental.book_id for rental in open_rentals(user_id=user.pk)}
    if book.pk in held:
        raise AlreadyRented
    if len(held) >= settings.MAX_RENTALS:
        raise Conflict(_("This resident has as many books as is allowed: %(count)s.") % {"count": settings.MAX_RENTALS})
    if settings.MAX_DEBT is not None:
        balance = balance_of(user.pk, version=tariffs.CURRENT, at=at)
        if balance["balance"] > settings.MAX_DEBT:
            amounts = {"owed": balance["balance"], "limit": settings.MAX_DEBT, "currency": settings.CURRENCY}
            text = _("This resident owes %(owed)s %(currency)s, more than the limit of %(limit)s %(currency)s.")
            raise Conflict(text % amounts)


@compiled
def open_rentals(*, user_id: int) -> QuerySet[Rental]:
    return Rental.objects.open().filter(user=user_id).order_by().only("book")


@transaction.atomic
def rental_return(*, rental: Rental, at: datetime) -> Rental:
    """Returns a rental: its charge stops at `at`, and its copy is free, for the first in line if there is one.

    Guarantees that of any number of simultaneous calls for a rental one succeeds, so that its copy is counted back
    once.

    Locks the book, and then updates the rental. Raises Conflict if the rental is void or has already been returned.
    """
    book = book_lock(rental.book_id)
    if not Rental.objects.open().filter(pk=rental.pk).update(date_returned=at):
        raise Conflict(IS_VOID if Rental.objects.void().filter(pk=rental.pk).exists() else ALREADY_RETURNED)
    book.copies_out -= 1
    book_settle(book, at=at)
    rental.date_returned = at
    return rental


@transaction.atomic
def rental_renew(*, rental: Rental, at: datetime) -> Rental:
    """Renews a rental: it is due LOAN_DAYS after `at`. The charge goes on as before.

    Locks the book, so that no resident begins to wait meanwhile. Raises Conflict if the rental is void or returned, was
    renewed RENEWALS times, is more than LONG_OVERDUE_DAYS overdue, or if a resident waits for the book.
    """
    book = book_lock(rental.book_id)
    rental = Rental.objects.get(pk=rental.pk)
    if bar := open_bar(rental) or renewal_bar(rental, book, at=at):
        raise Conflict(bar)
    rental.date_due = at + timedelta(days=settings.LOAN_DAYS)
    rental.renewals += 1
    rental.save(update_fields=["date_due", "renewals"])
    book_settle(book, at=at)
    return rental


def renewal_bar(rental: Rental, book: Book, *, at: datetime) -> str:
    """Returns why an open rental cannot be renewed, or an empty text if it can."""
    if rental.renewals >= settings.RENEWALS:
        return gettext("This rental cannot be renewed again.")
    if book.waiting:
        return gettext("Somebody waits for this book, so it cannot be renewed.")
    if rental.date_due < at - timedelta(days=settings.LONG_OVERDUE_DAYS):
        return gettext("This rental is too long overdue to be renewed.")
    return ""


def renewal_text(*, at: datetime) -> str:
    """Returns what a resident or staff read before a rental is renewed at `at`."""
    due = moment(at + timedelta(days=settings.LOAN_DAYS))
    return gettext("The book is then due on %(date)s, and the charge goes on as before.") % {"date": due}


def open_bar(rental: Rental) -> str:
    """Returns why a rental is not open, or an empty text if it is."""
    if rental.voided:
        return str(IS_VOID)
    return "" if rental.date_returned is None else str(ALREADY_RETURNED)


@transaction.atomic
def rental_void(*, rental: Rental, reason: str, by: User, at: datetime) -> Rental:
    """Voids a rental, which then costs nothing. Its row stays, with the reason.

    A copy that is out is free, for the first in line if there is one. A returned one moves no copy. Staff void any
    rental; residents void one that they rented themselves, as `RentalQuerySet.cancellable_by` says.

    Locks the book. Raises Conflict if the rental is already void, PermissionDenied if `by` may not void it now, and
    IntegrityError for an empty reason.
    """
    is_staff = by.has_perm("rentals.change_rental")
    book = book_lock(rental.book_id)
    rental = Rental.objects.get(pk=rental.pk)
    if rental.voided:
        raise Conflict(_("This rental is already void."))
    if not is_staff and not Rental.objects.cancellable_by(by, at=at).filter(pk=rental.pk).exists():
        raise PermissionDenied(own_void_rule())
    if rental.date_returned is None:
        book.copies_out -= 1
    else:
        at = max(at, rental.date_returned)  # it may have been returned since this request began
    Rental.objects.mark_void(rental, reason=reason, by=by, at=at)
    book.times_rented = max(book.times_rented - 1, 0)  # a rental of the previous release may not have been counted
    book_settle(book, at=at)
    return rental


def own_void_rule() -> str:
    text = _(
        "You can cancel only a rental that you made yourself, in its first %(minutes)s minutes, before the book is "
        "returned, and for the same book only once in 24 hours."
    )
    return text % {"minutes": settings.CANCEL_MINUTES}


def rental_return_undo(*, rental: Rental, reason: str, by: User, at: datetime) -> Rental:
    """Undoes a return that was recorded by mistake. The rental is out again, and charged as if never returned.

    Keeps the return that was undone, with the reason. Locks the account and the book. Raises AlreadyRented if the
    resident has the book again, and Conflict if the rental is void or not returned, if the account is closed, or if no
    copy is free: a copy that is set aside for another resident stays theirs.
    """
    try:
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).get(pk=rental.user_id)
            if user.closed_at is not None:
                raise Conflict(_("This account is closed."))
            book = book_lock(rental.book_id)
            rental = Rental.objects.get(pk=rental.pk)
            if rental.voided:
                raise Conflict(IS_VOID)
            if rental.date_returned is None:
                raise Conflict(_("This rental has not been returned."))
            if Rental.objects.open_for(user=user, book=book).exists():
                raise AlreadyRented
            copy_take(book, user, at=at)
            UndoneReturn.objects.create(
                rental=rental, date_returned=rental.date_returned, undone_at=at, undone_by=by, reason=reason
            )
            rental.date_returned = None
            rental.save(update_fields=["date_returned"])
            book_settle(book, at=at)
            return rental
    except IntegrityError as error:  # the previous release rents without the lock of the account
        if violated_constraint(error) == "one_open_rental_of_a_book":
            raise AlreadyRented from error
        raise


@transaction.atomic
def payment_record(*, user: User, amount: Decimal, note: str, by: User, at: datetime) -> Payment:
    """Records a payment of a resident, received by `by`, which counts in the balance.

    `amount` is in settings.CURRENCY, with two places, from 0.01 to 99,999,999.99: the API and the admin refuse another
    one, and so does a constraint of the table. The resident gets a receipt by email. Locks nothing, and raises no error
    of its own.
    """
    payment = Payment.objects.create(user=user, amount=amount, note=note, recorded_by=by, date_paid=at)
    send_receipt(payment, at=at)
    return payment


def payment_void(*, payment: Payment, reason: str, by: User, at: datetime) -> Payment:
    """Voids a payment, which then no longer counts in the balance. Its row stays, with the reason.

    Guarantees that of any number of simultaneous calls for a payment one succeeds. Locks only the payment. Raises
    Conflict if the payment is already void, and IntegrityError for an empty reason.
    """
    if not Payment.objects.mark_void(payment, reason=reason, by=by, at=at):
        raise Conflict(_("This payment is already void."))
    return payment
