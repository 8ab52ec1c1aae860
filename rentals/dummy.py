"""Rentals and payments of an invented world."""

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

RENTALS_OF_A_COPY = 6  # at most
COPIES = 5  # of a book that have a past, at most
LONGEST = 40  # days; who keeps a book that long is late
BETWEEN = 30  # days on the shelf, at most
OUT, PAID, TYPED_TWICE = 0.6, 0.8, 0.03  # how often

Joined = list[tuple[datetime, int]]


def create(world: World) -> int:
    """A past for the books that nobody rented so far, and payments for most of what was returned."""
    ever_rented = Exists(Rental.objects.filter(book=OuterRef("pk")))
    # Locked: whoever rents one of them at this moment waits, and then finds its copies counted.
    books = list(Book.objects.filter(~ever_rented, copies_out=0).select_for_update().order_by("pk"))
    people = User.objects.filter(pk__in=world.user_ids).order_by("date_joined", "pk")
    joined = list(people.values_list("date_joined", "pk"))
    past = [rental for book in books for rental in past_of_book(world, book, joined)]
    rentals = world.store(sorted(past, key=lambda rental: rental.date_rented))
    copies_out_count(books)
    return rentals + world.store(list(payments(world, books)))


def past_of_book(world: World, book: Book, joined: Joined) -> Iterator[Rental]:
    """What became of each copy. At most half of the copies are out, so that whoever comes next finds one."""
    holders: set[int] = set()
    for copy in range(min(book.copies, COPIES)):
        may_be_out = copy < max(1, book.copies // 2)
        is_out = may_be_out and world.random.random() < OUT
        for rental in past_of_copy(world, book, joined, is_out=is_out):
            if rental.date_returned is None and rental.user_id in holders:
                break  # nobody has two copies
            holders |= {rental.user_id} if rental.date_returned is None else set()
            yield rental


def past_of_copy(world: World, book: Book, joined: Joined, *, is_out: bool) -> Iterator[Rental]:
    """One rental after the other, back in time; each by somebody who had joined by then."""
    uniform, end = world.random.uniform, world.at
    for number in range(world.random.randint(1, RENTALS_OF_A_COPY)):
        if number or not is_out:
            end -= timedelta(days=uniform(0.1, BETWEEN))
        begun = end - timedelta(days=uniform(0.1, LONGEST))
        rented = world.awake(begun)
        present = bisect_right(joined, rented, key=itemgetter(0))
        if not present:
            return
        yield Rental(
            user_id=joined[world.random.randrange(present)][1],
            book=book,
            book_type=book.book_type,
            date_rented=rented,
            date_due=rented + timedelta(days=settings.LOAN_DAYS),
            date_returned=world.awake(end) if number or not is_out else None,
        )
        end = begun


def copies_out_count(books: list[Book]) -> None:
    still_out = Rental.objects.open().filter(book=OuterRef("pk")).order_by().values("book")
    count = Subquery(still_out.annotate(count=Count("ref")).values("count"))
    Book.objects.filter(pk__in=[book.pk for book in books]).update(copies_out=Coalesce(count, 0))


def payments(world: World, books: list[Book]) -> Iterator[Payment]:
    """Who returned a book mostly paid at once, what the current tariff asks; some payments were typed twice."""
    clerk_id = world.staff_id
    returned = Rental.objects.returned().filter(book__in=books).order_by("date_returned", "ref")
    for rental in returned.with_charge(tariffs.CURRENT, at=world.at).iterator():
        if world.random.random() > PAID or rental.date_returned is None:
            continue
        paid = {
            "user_id": rental.user_id,
            "amount": rental.charge,
            "recorded_by_id": clerk_id,
            "date_paid": rental.date_returned,
        }
        yield Payment(**paid)
        if world.random.random() < TYPED_TWICE:
            void = {"date_voided": rental.date_returned, "voided_by_id": paid["recorded_by_id"]}
            yield Payment(**paid, **void, void_reason="Typed twice.")
