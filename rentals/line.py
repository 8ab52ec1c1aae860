"""The line for a book: whose turn it is when a copy is free.

All of this happens while the book is locked, so that the holds of one book change one after the other. The services of
rentals and holds lock the book with `book_lock`, change its counts, and end with `book_settle`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from books.models import Book
from common.exceptions import Conflict
from common.statements import compiled, expression_sql
from rentals.mail import send_hold_ready
from rentals.models import Hold, Rental

COLUMNS = ("copies_out", "copies_set_aside", "waiting", "next_due", "times_rented")
SETTLE = """
    UPDATE books_book
    SET copies_out = %s, copies_set_aside = %s, waiting = %s, times_rented = %s, next_due = {next_due}
    WHERE id = %s
"""


class NoCopiesLeft(Conflict):
    """409: all copies of the book are out or set aside."""

    default_detail = _("This book has no copies left.")


def account_lock(user: User) -> None:
    """Locks the account of a resident who rents or waits. Raises Conflict if it is not active.

    Closing or deactivating an account waits for this lock, or this call for the closing, which ends its holds.
    """
    if not active_user_locked(user_id=user.pk):
        raise Conflict(_("This account is not active."))


@compiled
def active_user_locked(*, user_id: int) -> QuerySet[User]:
    active: QuerySet[User] = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True)
    return active.order_by().only("pk")


def book_lock(book_id: int) -> Book:
    """Locks a book, and returns it as it is now, without its texts. Raises NoCopiesLeft if it was deleted."""
    books = book_locked(book_id=book_id)
    if not books:
        raise NoCopiesLeft
    return books[0]


@compiled
def book_locked(*, book_id: int) -> QuerySet[Book]:
    books = Book.objects.select_for_update(no_key=True).filter(pk=book_id)
    return books.order_by().only("copies", "book_type", *COLUMNS)


def books_lock(book_ids: Iterable[int]) -> list[Book]:
    """Locks several books by id, which is the order that keeps two calls from waiting for each other."""
    books = Book.objects.select_for_update(no_key=True).filter(pk__in=book_ids).order_by("pk")
    return list(books.only("copies", "book_type", *COLUMNS))


def copy_take(book: Book, user: User, *, at: datetime) -> None:
    """Takes a copy of a locked book for a resident, and fulfils the hold of the resident.

    It is the copy that is set aside for the resident, or one that is free. Raises NoCopiesLeft if there is neither.
    """
    line_advance(book, at=at)
    hold = None
    if book.copies_set_aside or book.waiting:
        hold = Hold.objects.open().filter(book=book, user=user).first()
    if book.available <= 0 and (hold is None or hold.status != Hold.Status.READY):
        raise NoCopiesLeft
    if hold is not None:
        hold_end(book, hold, Hold.Status.FULFILLED, at=at)
    book.copies_out += 1


def hold_end(book: Book, hold: Hold, status: Hold.Status, *, at: datetime) -> None:
    """Ends an open hold on a locked book. Its copy, if one is set aside, is free."""
    if hold.status == Hold.Status.READY:
        book.copies_set_aside -= 1
    else:
        book.waiting -= 1
    hold.status, hold.ended_at = status, at
    hold.save(update_fields=["status", "ended_at"])


def book_settle(book: Book, *, at: datetime) -> int:
    """Advances the line of a locked book (see `line_advance`), and writes its counts. Returns what that returns."""
    missed = line_advance(book, at=at)
    with connection.cursor() as cursor:
        counts = [book.copies_out, book.copies_set_aside, book.waiting, book.times_rented]
        cursor.execute(settle_statement(), [*counts, book.pk])
    return missed


@cache
def settle_statement() -> str:
    due = Rental.objects.open().filter(book=OuterRef("pk")).order_by().values("book")
    return SETTLE.format(next_due=expression_sql(Book, Subquery(due.annotate(due=Min("date_due")).values("due"))))


def line_advance(book: Book, *, at: datetime) -> int:
    """Takes back the copies of a locked book that were not fetched in time, and sets free ones aside for the first.

    Each of these residents is told by a mail, which is queued in the same transaction. Returns the number of holds that
    ended. The caller writes the counts of the book with `book_settle`.
    """
    missed = 0
    if book.copies_set_aside:
        holds = Hold.objects.not_fetched(at=at).filter(book=book)
        missed = holds.update(status=Hold.Status.EXPIRED, ended_at=at)
        book.copies_set_aside -= missed
    if book.waiting and book.available > 0:
        first = list(Hold.objects.waiting().filter(book=book).order_by("pk").select_related("user")[: book.available])
        until = at + timedelta(days=settings.HOLD_DAYS)
        ready = Hold.objects.filter(pk__in=[hold.pk for hold in first])
        ready.update(status=Hold.Status.READY, ready_until=until)
        book.waiting -= len(first)
        book.copies_set_aside += len(first)
        for hold in first:
            send_hold_ready(hold, at=at)
    return missed
