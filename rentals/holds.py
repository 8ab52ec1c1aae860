"""Services that place and end holds.

Locks are taken in one order: the account, books by id, holds, rentals (see `rentals.services`). The lock of a book also
keeps the order of its line.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from books.models import IS_AVAILABLE, Book
from common.exceptions import Conflict, violated_constraint
from rentals.line import account_lock, book_lock, book_settle, books_lock, hold_end, line_advance
from rentals.models import ALREADY_RENTED, ALREADY_WAITING, Hold, HoldQuerySet, Rental

BATCH_SIZE = 500  # books whose ids are read at once


def hold_create(*, user: User, book: Book, at: datetime) -> Hold:
    """Puts a resident at the end of the line for a book.

    Guarantees that a resident has at most MAX_HOLDS open holds. Locks the account and the book. Raises Conflict if the
    account is not active, if the resident has the book, an open hold on it, or MAX_HOLDS of them, and if a copy can be
    rented now. Then nothing has changed.
    """
    try:
        with transaction.atomic():
            account_lock(user)
            check_hold_limit(user, book, at=at)
            locked = book_lock(book.pk)
            line_advance(locked, at=at)
            if Rental.objects.open_for(user=user, book=book).exists():
                raise Conflict(ALREADY_RENTED)
            if locked.available > 0:
                raise Conflict(_("A copy of this book can be rented now."))
            hold = Hold.objects.create(user=user, book=book, created_at=at)
            locked.waiting += 1
            book_settle(locked, at=at)
    except IntegrityError as error:
        if violated_constraint(error) == "one_open_hold_of_a_book":
            raise Conflict(ALREADY_WAITING) from error
        raise
    return hold


def check_hold_limit(user: User, book: Book, *, at: datetime) -> None:
    """Raises Conflict if a resident, whose account is locked, has MAX_HOLDS open holds on other books."""
    held = set(Hold.objects.open_at(at).filter(user=user).values_list("book_id", flat=True))
    if book.pk not in held and len(held) >= settings.MAX_HOLDS:
        raise Conflict(_("This resident has as many holds as is allowed: %(count)s.") % {"count": settings.MAX_HOLDS})


@transaction.atomic
def hold_cancel(*, hold: Hold, at: datetime) -> Hold:
    """Cancels a hold. The copy that was set aside for it, if there is one, goes to the next in line.

    Guarantees that of any number of simultaneous calls for a hold one succeeds. Locks the book. Raises Conflict if the
    hold has ended.
    """
    book = book_lock(hold.book_id)
    current = Hold.objects.open().filter(pk=hold.pk).first()
    if current is None:
        raise Conflict(_("This hold has ended."))
    hold_end(book, current, Hold.Status.CANCELLED, at=at)
    book_settle(book, at=at)
    return current


@transaction.atomic
def holds_end_of(user: User, *, at: datetime) -> None:
    """Cancels the open holds of a locked account that is closed or deactivated. The copies go to the next in line."""
    ids = Hold.objects.open().filter(user=user).values_list("book_id", flat=True)
    books = {book.pk: book for book in books_lock(list(ids))}
    for hold in Hold.objects.open().filter(user=user, book__in=books).order_by("book_id"):
        book = books[hold.book_id]
        hold_end(book, hold, Hold.Status.CANCELLED, at=at)
        book_settle(book, at=at)


def on_copies_changed(sender: Any, *, book_id: int, at: datetime, **signal: Any) -> None:
    """Gives copies that were added to the first in line. The sender holds the lock of the book."""
    book_settle(book_lock(book_id), at=at)


def on_account_deactivated(sender: Any, *, user: User, at: datetime, **signal: Any) -> None:
    """Ends the holds of a deactivated account. The sender holds the lock of the account."""
    holds_end_of(user, at=at)


def books_to_settle(*, at: datetime) -> QuerySet[Book]:
    """Returns the books with a copy that was not fetched in time, and those with a free copy and a line.

    The latter come from the previous release, which does not know holds and may still run when this one begins.
    """
    has_missed = Q(pk__in=Hold.objects.not_fetched(at=at).values("book"))
    has_line = Q(pk__in=Book.objects.filter(IS_AVAILABLE, waiting__gt=0).values("pk"))
    return Book.objects.filter(has_missed | has_line).order_by("pk")


def holds_expire(*, at: datetime) -> Iterator[int]:
    """Passes on the copies that were not fetched in time, and yields the number of holds that ended, book by book.

    Each book is a transaction of its own, so that a request never waits long. A second run at once waits for the book,
    and then finds nothing to do.
    """
    last = 0
    while ids := list(books_to_settle(at=at).filter(pk__gt=last).values_list("pk", flat=True)[:BATCH_SIZE]):
        for book_id in ids:
            yield book_holds_expire(book_id, at=at)
        last = ids[-1]
    for hold in inactive_holds():
        yield inactive_hold_end(hold, at=at)


def inactive_holds() -> HoldQuerySet:
    """Returns the open holds of accounts that the previous release deactivated or closed."""
    return Hold.objects.open().filter(user__is_active=False).order_by("book_id")


@transaction.atomic
def book_holds_expire(book_id: int, *, at: datetime) -> int:
    return sum(book_settle(book, at=at) for book in books_lock([book_id]))


def inactive_hold_end(hold: Hold, *, at: datetime) -> int:
    try:
        hold_cancel(hold=hold, at=at)
    except Conflict:  # another run was faster
        return 0
    return 1
