"""Dummy rentals and payments."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter

from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.dummy import BATCH, World
from books.models import Book
from rentals import tariffs
from rentals.models import Payment, Rental

MAX_RENTALS_PER_COPY = 6
MAX_COPIES_PER_BOOK = 5  # the other copies were never rented
MAX_RENTAL_DAYS = 40  # more than LOAN_DAYS, so that some rentals are overdue
MAX_SHELF_DAYS = 30  # between two rentals of a copy
PROBABILITY_OUT = 0.6
PROBABILITY_PAID = 0.8
PROBABILITY_RECORDED_TWICE = 0.03


def create(world: World) -> int:
    """Adds a history of rentals to the books that were never rented, and payments for most returned ones."""
    ever_rented = Exists(Rental.objects.filter(book=OuterRef("pk")))
    # The lock makes a resident who rents one of these books now wait until its copies are counted.
    books = list(Book.objects.filter(~ever_rented, copies_out=0).select_for_update().order_by("pk"))
    joined = world.joined()
    rentals = [rental for book in books for rental in rentals_of_book(world, book, joined)]
    rental_count = world.store(sorted(rentals, key=lambda rental: rental.date_rented))
    Book.objects.bulk_update(books, ["copies_out"], BATCH)
    return rental_count + world.store(list(payments(world, books)))


def rentals_of_book(world: World, book: Book, joined: list[tuple[datetime, int]]) -> Iterator[Rental]:
    """Yields the rentals of each copy, the latest first, each by a user who had joined by then. Counts `copies_out`.

    At most half of the copies are out, so that visitors can rent most books.
    """
    uniform, holders = world.random.uniform, set[int]()
    for copy in range(min(book.copies, MAX_COPIES_PER_BOOK)):
        is_out, end = copy < max(1, book.copies // 2) and world.happens(PROBABILITY_OUT), world.at
        for _ in range(world.random.randint(1, MAX_RENTALS_PER_COPY)):
            if not is_out:
                end -= timedelta(days=uniform(0.1, MAX_SHELF_DAYS))
            start = end - timedelta(days=uniform(0.1, MAX_RENTAL_DAYS))
            rented = world.awake(start)
            joined_count = bisect_right(joined, rented, key=itemgetter(0))
            if not joined_count:
                break
            user_id = joined[world.random.randrange(joined_count)][1]
            if is_out and user_id in holders:
                break  # a resident has at most one copy of a book
            yield Rental(
                user_id=user_id,
                book=book,
                book_type=book.book_type,
                date_rented=rented,
                date_due=rented + timedelta(days=settings.LOAN_DAYS),
                date_returned=None if is_out else world.awake(end),
            )
            if is_out:
                holders.add(user_id)
                book.copies_out += 1
            is_out, end = False, start


def payments(world: World, books: list[Book]) -> Iterator[Payment]:
    """Yields a payment of the current charge for most returned rentals. Some are recorded twice: the second is void."""
    returned = Rental.objects.returned().filter(book__in=books).order_by("date_returned", "ref")
    for rental in returned.with_charge(tariffs.CURRENT, at=world.at).iterator():
        paid = {"user_id": rental.user_id, "amount": rental.charge, "date_paid": rental.date_returned}
        if world.happens(PROBABILITY_PAID):
            yield Payment(**paid, recorded_by_id=world.staff_id)
            if world.happens(PROBABILITY_RECORDED_TWICE):
                void = {"date_voided": rental.date_returned, "void_reason": "Recorded twice."}
                yield Payment(**paid, **void, recorded_by_id=world.staff_id, voided_by_id=world.staff_id)
