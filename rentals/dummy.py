"""Dummy rentals and payments."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.dummy import World
from accounts.models import User
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

JoinDates = list[tuple[datetime, int]]  # of users, as (date_joined, id), the earliest first


def create(world: World) -> int:
    """Adds a history of rentals to the books that were never rented, and payments for most returned ones."""
    ever_rented = Exists(Rental.objects.filter(book=OuterRef("pk")))
    # The lock makes a resident who rents one of these books now wait until its copies are counted.
    books = list(Book.objects.filter(~ever_rented, copies_out=0).select_for_update().order_by("pk"))
    users = User.objects.filter(pk__in=world.user_ids).order_by("date_joined", "pk")
    join_dates = list(users.values_list("date_joined", "pk"))
    rentals = [rental for book in books for rental in rentals_of_book(world, book, join_dates)]
    rental_count = world.store(sorted(rentals, key=lambda rental: rental.date_rented))
    update_copies_out(books)
    return rental_count + world.store(list(payments(world, books)))


def rentals_of_book(world: World, book: Book, join_dates: JoinDates) -> Iterator[Rental]:
    """Yields the rentals of each copy. At most half of the copies are out, so that visitors can rent most books."""
    holders: set[int] = set()
    for copy in range(min(book.copies, MAX_COPIES_PER_BOOK)):
        may_be_out = copy < max(1, book.copies // 2)
        is_out = may_be_out and world.random.random() < PROBABILITY_OUT
        for rental in rentals_of_copy(world, book, join_dates, is_out=is_out):
            if rental.date_returned is None and rental.user_id in holders:
                break  # a resident has at most one copy of a book
            holders |= {rental.user_id} if rental.date_returned is None else set()
            yield rental


def rentals_of_copy(world: World, book: Book, join_dates: JoinDates, *, is_out: bool) -> Iterator[Rental]:
    """Yields the rentals of a copy, the latest first, each by a user who had joined by then."""
    uniform, end = world.random.uniform, world.at
    for number in range(world.random.randint(1, MAX_RENTALS_PER_COPY)):
        if number or not is_out:
            end -= timedelta(days=uniform(0.1, MAX_SHELF_DAYS))
        start = end - timedelta(days=uniform(0.1, MAX_RENTAL_DAYS))
        rented = world.awake(start)
        joined_count = bisect_right(join_dates, rented, key=itemgetter(0))
        if not joined_count:
            return
        yield Rental(
            user_id=join_dates[world.random.randrange(joined_count)][1],
            book=book,
            book_type=book.book_type,
            date_rented=rented,
            date_due=rented + timedelta(days=settings.LOAN_DAYS),
            date_returned=world.awake(end) if number or not is_out else None,
        )
        end = start


def update_copies_out(books: list[Book]) -> None:
    open_rentals = Rental.objects.open().filter(book=OuterRef("pk")).order_by().values("book")
    count = Subquery(open_rentals.annotate(count=Count("ref")).values("count"))
    Book.objects.filter(pk__in=[book.pk for book in books]).update(copies_out=Coalesce(count, 0))


def payments(world: World, books: list[Book]) -> Iterator[Payment]:
    """Yields a payment of the current charge for most returned rentals. Some are recorded twice: the second is void."""
    returned = Rental.objects.returned().filter(book__in=books).order_by("date_returned", "ref")
    for rental in returned.with_charge(tariffs.CURRENT, at=world.at).iterator():
        if world.random.random() > PROBABILITY_PAID or rental.date_returned is None:
            continue
        yield payment_for(rental, paid=rental.date_returned, clerk_id=world.staff_id)
        if world.random.random() < PROBABILITY_RECORDED_TWICE:
            duplicate = payment_for(rental, paid=rental.date_returned, clerk_id=world.staff_id)
            duplicate.date_voided = rental.date_returned
            duplicate.voided_by_id = world.staff_id
            duplicate.void_reason = "Recorded twice."
            yield duplicate


def payment_for(rental: Rental, *, paid: datetime, clerk_id: int) -> Payment:
    return Payment(user_id=rental.user_id, amount=rental.charge, recorded_by_id=clerk_id, date_paid=paid)
