"""Builds rentals for tests."""

from datetime import datetime

from accounts.models import User
from books.models import Book
from rentals.models import Rental
from rentals.services import rental_create, rental_return


def make_rental(user: User, book: Book, *, at: datetime, returned: datetime | None = None) -> Rental:
    """Creates a rental that began at `at`; without `returned` it is open."""
    rental = rental_create(user=user, book=book, by=user, at=at)
    return rental if returned is None else rental_return(rental=rental, at=returned)
