"""Lines for books under load, with real threads and connections."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random
from time import monotonic
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.test import TransactionTestCase, tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import PASSWORD, access_token, call, make_user
from accounts.tests.races import SAFETY_NET_SECONDS, at_once, statuses
from books.models import Book
from books.services import book_update
from books.tests.builders import make_book
from common.exceptions import Conflict
from rentals.holds import hold_cancel, hold_create, holds_expire
from rentals.models import Hold, HoldQuerySet, Rental
from rentals.services import rental_create, rental_renew, rental_return, rental_return_undo, rental_void
from rentals.tests.builders import make_rental
from rentals.tests.line import counts, make_hold, make_users, recount

THREADS, RESIDENTS, COPIES = 20, 50, 3
ACTS = 60  # of each thread
DAY = timedelta(days=1)


class Actor:
    """Acts at random on one book, as residents, staff and the command do."""

    def __init__(self, seed: int, book: Book, users: list[User], staff: User) -> None:
        self.random, self.book, self.users, self.staff = Random(seed), book, users, staff
        self.end = monotonic() + SAFETY_NET_SECONDS
        self.acts: list[Callable[[], Any]] = [
            *[self.rent, self.hold, self.fetch, self.give_back] * 3,
            *[self.renew, self.void, self.undo, self.cancel, self.expire, self.change_copies],
        ]

    def run(self) -> list[str]:
        """Acts, and returns what was wrong afterwards, as one statement saw it."""
        errors: list[str] = []
        for _ in range(ACTS):
            if errors or monotonic() > self.end:
                break
            with suppress(Conflict):
                self.random.choice(self.acts)()
            book = Book.objects.get(pk=self.book.pk)
            if book.copies_out + book.copies_set_aside > book.copies:
                errors.append(f"{book.copies_out} out and {book.copies_set_aside} set aside of {book.copies}")
            if passed_over().exists():
                errors.append("A hold is ready although an earlier one waits.")
        return errors

    def user(self) -> User:
        return self.random.choice(self.users)

    def one_of(self, rows: Any) -> Any:
        found = list(rows.filter(book=self.book)[:10])
        if not found:
            raise Conflict
        return self.random.choice(found)

    def rent(self) -> None:
        user = self.user()
        rental_create(user=user, book=self.book, by=user, at=timezone.now())

    def fetch(self) -> None:
        user = self.one_of(Hold.objects.ready()).user
        rental_create(user=user, book=self.book, by=user, at=timezone.now())

    def hold(self) -> None:
        hold_create(user=self.user(), book=self.book, at=timezone.now())

    def give_back(self) -> None:
        rental_return(rental=self.one_of(Rental.objects.open()), at=timezone.now())

    def renew(self) -> None:
        rental_renew(rental=self.one_of(Rental.objects.open()), at=timezone.now())

    def void(self) -> None:
        rental_void(rental=self.one_of(Rental.objects.valid()), reason="x", by=self.staff, at=timezone.now())

    def undo(self) -> None:
        rental = self.one_of(Rental.objects.returned())
        rental_return_undo(rental=rental, reason="x", by=self.staff, at=timezone.now())

    def cancel(self) -> None:
        hold_cancel(hold=self.one_of(Hold.objects.open()), at=timezone.now())

    def expire(self) -> None:
        """Runs the command, after the time of one hold has run out."""
        Hold.objects.ready().filter(pk=self.one_of(Hold.objects.ready()).pk).update(ready_until=timezone.now())
        list(holds_expire(at=timezone.now()))

    def change_copies(self) -> None:
        book_update(book=self.book, at=timezone.now(), copies=self.random.choice([COPIES, COPIES + 1]))


def passed_over() -> HoldQuerySet:
    """Returns the holds that wait although a later one of the same book is ready, or was."""
    later = Hold.objects.filter(book=OuterRef("book"), pk__gt=OuterRef("pk"), ready_until__isnull=False)
    return Hold.objects.waiting().filter(Exists(later))


@tag("slow")
class LineRaceTests(TransactionTestCase):
    def test_fifty_residents_and_three_copies_from_twenty_threads(self) -> None:
        """No copy is given twice, no resident passes another, and the counts are those of the rows."""
        book, users, staff = make_book(copies=COPIES), make_users(RESIDENTS), make_user("admin", is_superuser=True)
        actors = [Actor(seed, book, users, staff) for seed in range(THREADS)]
        self.assertEqual([error for errors in at_once([actor.run for actor in actors]) for error in errors], [])
        self.assertEqual(counts(book), recount(book))
        book.refresh_from_db()
        self.assertFalse(book.waiting and book.available, "A copy is free although a resident waits.")
        seen = set(Hold.objects.values_list("status", flat=True)) | {r.status for r in Rental.objects.all()}
        self.assertLessEqual({"fulfilled", "expired", "cancelled", "returned", "void"}, seen)

    def test_twenty_rents_by_a_resident_with_nineteen_books_give_one_more(self) -> None:
        user, at = make_user("reader"), timezone.now()
        for _ in range(19):
            make_rental(user, make_book(), at=at)
        books = [make_book() for _ in range(20)]
        access_token(user)
        rents = [partial(call, "POST", "/api/v3/book_rentals/", {"book": book.pk}, by=user) for book in books]
        self.assertEqual(statuses(at_once(rents)), {201: 1, 409: 19})
        self.assertEqual(Rental.objects.open().count(), 20)
        self.assertEqual(Book.objects.filter(copies_out=F("copies")).count(), 20)

    def test_closing_an_account_while_it_rents_and_waits_leaves_nothing_open(self) -> None:
        staff, at = make_user("admin", is_superuser=True), timezone.now()
        for number in range(4):
            user, free, taken = make_user(f"reader{number}"), make_book(), make_book()
            make_rental(staff, taken, at=at)
            access_token(user)
            bodies = {
                "/api/v3/book_rentals/": {"book": free.pk},
                "/api/v3/holds/": {"book": taken.pk},
                "/api/rest-auth/close/": {"password": PASSWORD},
            }
            answers = at_once([partial(call, "POST", path, body, by=user) for path, body in bodies.items()])
            self.assertLessEqual({answer.status_code for answer in answers}, {200, 201, 401, 409})
            for book in (free, taken):
                self.assertEqual(counts(book), recount(book))
        self.assertFalse(Rental.objects.open().filter(user__closed_at__isnull=False).exists())
        self.assertFalse(Hold.objects.open().filter(user__closed_at__isnull=False).exists())

    def test_two_runs_of_the_command_pass_each_copy_on_once(self) -> None:
        staff, at = make_user("admin", is_superuser=True), timezone.now()
        books = [make_book() for _ in range(8)]
        for book in books:
            rental = make_rental(staff, book, at=at)
            for user in make_users(3):
                make_hold(user, book, at=at)
            rental_return(rental=rental, at=at)
        ended = at_once([lambda: sum(holds_expire(at=at + 4 * DAY))] * 4)
        self.assertEqual(sum(ended), len(books))
        for book in books:
            found = Hold.objects.filter(book=book).order_by("pk").values_list("status", flat=True)
            self.assertEqual(list(found), ["expired", "ready", "waiting"])
            self.assertEqual(counts(book), recount(book))
