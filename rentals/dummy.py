"""Dummy rentals, holds, notices and payments."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter

from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.dummy import BATCH, World
from books.models import Book
from rentals import tariffs
from rentals.debts import debts_count
from rentals.line import COLUMNS
from rentals.models import Hold, Notice, Payment, Rental, UndoneReturn
from rentals.notices import rentals_to_notify

MAX_RENTALS_PER_COPY = 6
MAX_COPIES_PER_BOOK = 5  # the other copies were never rented
MAX_RENTAL_DAYS = 40  # more than LOAN_DAYS, so that some rentals are overdue
MAX_SHELF_DAYS = 30  # between two rentals of a copy
PROBABILITY_OUT = 0.6
PROBABILITY_PAID = 0.8
PROBABILITY_RECORDED_TWICE = 0.03
PROBABILITY_RENEWED = 0.15
PROBABILITY_VOID = 0.03
PROBABILITY_AWAITED = 0.5  # of a book whose copies are all out
PROBABILITY_SET_ASIDE = 0.1  # of a free copy
PROBABILITY_PAST_HOLD = 0.2
PROBABILITY_UNDONE = 0.1
RENEWED_AFTER_DAYS = 20
MAX_WAITING_PER_BOOK = 3
MAX_WAITING_DAYS = 12


def create(world: World) -> int:
    """Adds a history of rentals and holds to the books that were never rented, and payments for most returned ones."""
    ever_rented = Exists(Rental.objects.filter(book=OuterRef("pk")))
    # The lock makes a resident who rents one of these books now wait until its copies are counted.
    books = list(Book.objects.filter(~ever_rented, copies_out=0, waiting=0).select_for_update().order_by("pk"))
    joined = world.joined()
    rentals, holds = list[Rental](), list[Hold]()
    for book in books:
        history = list(rentals_of_book(world, book, joined))
        rentals += history
        holds += holds_of_book(world, book, history, joined)
        book.times_rented = sum(not rental.voided for rental in history)
    rental_count = world.store(sorted(rentals, key=lambda rental: rental.date_rented))
    undone_count = world.store(list(undone_returns(world, rentals)))
    hold_count = world.store(sorted(holds, key=lambda hold: hold.created_at))
    Book.objects.bulk_update(books, COLUMNS, BATCH)
    payment_count = world.store(list(payments(world, books)))
    list(debts_count(at=world.at))
    return rental_count + undone_count + hold_count + notices(world) + payment_count


def undone_returns(world: World, rentals: list[Rental]) -> Iterator[UndoneReturn]:
    """Yields returns of books that are out, which were recorded by mistake, such as for another copy."""
    for rental in rentals:
        if rental.date_returned is None and world.happens(PROBABILITY_UNDONE):
            returned = world.awake(rental.date_rented + (world.at - rental.date_rented) / 2)
            undone = {"undone_at": returned, "undone_by_id": world.staff_id, "reason": "It was another copy."}
            yield UndoneReturn(rental=rental, date_returned=returned, **undone)


def notices(world: World) -> int:
    """Records the notices that are due as if they had been sent, so that the residents get no mail about the past."""
    rows = (
        rentals_to_notify(at=world.at)
        .filter(user__in=world.user_ids)
        .order_by("pk")
        .values_list("pk", "date_due", "stage")
    )
    noticed = [Notice(rental_id=ref, date_due=due, stage=stage, created_at=world.at) for ref, due, stage in rows]
    return world.store(noticed)


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
            user_id = someone(world, joined, by=rented)
            if user_id is None or (is_out and user_id in holders):
                break  # a resident has at most one copy of a book
            rental = Rental(
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
            renew_or_void(world, rental)
            yield rental
            is_out, end = False, start


def someone(world: World, joined: list[tuple[datetime, int]], *, by: datetime) -> int | None:
    """Returns the id of a random user who had joined by a time, None if there was no one."""
    count = bisect_right(joined, by, key=itemgetter(0))
    return joined[world.random.randrange(count)][1] if count else None


def renew_or_void(world: World, rental: Rental) -> None:
    """Renews some of the rentals that were out for long, and voids some of those that were returned."""
    renewed = world.awake(rental.date_rented + timedelta(days=RENEWED_AFTER_DAYS))
    if renewed < (rental.date_returned or world.at) and world.happens(PROBABILITY_RENEWED):
        rental.renewals, rental.date_due = 1, renewed + timedelta(days=settings.LOAN_DAYS)
    elif rental.date_returned is not None and world.happens(PROBABILITY_VOID):
        rental.date_voided, rental.voided_by_id = rental.date_returned, world.staff_id
        rental.void_reason = "The wrong book."


def holds_of_book(
    world: World, book: Book, rentals: list[Rental], joined: list[tuple[datetime, int]]
) -> Iterator[Hold]:
    """Yields holds that ended, and those that wait for a book that is out or have a copy set aside. Counts them."""
    past = [rental for rental in rentals if rental.date_returned is not None and not rental.voided]
    for rental in past[:1]:
        created = world.awake(rental.date_rented - timedelta(days=1))
        if world.happens(PROBABILITY_PAST_HOLD):
            ready = rental.date_rented + timedelta(days=settings.HOLD_DAYS)
            fulfilled = {"status": Hold.Status.FULFILLED, "ready_until": ready, "ended_at": rental.date_rented}
            yield Hold(user_id=rental.user_id, book=book, created_at=created, **fulfilled)
    busy = {rental.user_id for rental in rentals if rental.date_returned is None}
    wanted = world.random.randint(1, MAX_WAITING_PER_BOOK) if world.happens(PROBABILITY_AWAITED) else 0
    for _ in range(wanted if book.copies_out else 1):
        user_id = someone(world, joined, by=world.at)
        if user_id is None or user_id in busy:
            continue
        busy.add(user_id)
        created = world.moment(MAX_WAITING_DAYS)
        if book.available == 0:
            yield Hold(user_id=user_id, book=book, created_at=created)
            book.waiting += 1
        elif book.waiting == 0 and (book.copies == 1 or book.available > 1) and world.happens(PROBABILITY_SET_ASIDE):
            until = world.at + timedelta(days=settings.HOLD_DAYS)
            yield Hold(user_id=user_id, book=book, created_at=created, status=Hold.Status.READY, ready_until=until)
            book.copies_set_aside += 1
    book.next_due = min((rental.date_due for rental in rentals if rental.date_returned is None), default=None)


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
