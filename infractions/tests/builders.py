"""Builders of persons, vehicles, officers and infractions, and the cast of their tests."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import make_user
from accounts.tests.hostile import HostileTestCase
from infractions.models import Infraction, Officer, Person, Vehicle
from infractions.services import infraction_record, officer_create, person_create, vehicle_create

numbers = count(1)


def make_person(email: str = "", *, name: str = "Ann Brook") -> Person:
    """Creates a person, with an email address of their own unless one is given."""
    return person_create(name=name, email=email or f"person{next(numbers)}@example.org")


def make_vehicle(
    license_plate: str = "", *, owner: Person | None = None, brand: str = "Volvo", color: str = "red"
) -> Vehicle:
    """Creates a vehicle, with a plate of its own and a new owner unless they are given."""
    plate = license_plate or f"MADE{next(numbers)}"
    return vehicle_create(license_plate=plate, brand=brand, color=color, owner=owner or make_person())


def make_officer(badge_number: str = "", *, name: str = "Omar Hill", user: User | None = None) -> tuple[Officer, str]:
    """Creates an officer and returns it with the token."""
    return officer_create(name=name, badge_number=badge_number or f"MADE-{next(numbers)}", user=user)


def make_infraction(
    vehicle: Vehicle,
    officer: Officer,
    *,
    comments: str = "Parked on the crossing.",
    timestamp: datetime | None = None,
    at: datetime | None = None,
) -> Infraction:
    """Records an infraction at `at`, which is the present time by default, as committed then or at `timestamp`."""
    at = at or timezone.now()
    return infraction_record(
        plate=vehicle.license_plate, comments=comments, timestamp=timestamp, officer=officer, at=at
    )


class TrafficTestCase(HostileTestCase):
    """Adds to the cast: staff of the traffic office, an officer who signs in, and one who uses a token."""

    traffic: User
    patrol: User
    signing_in: Officer
    officer: Officer
    token: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.traffic = make_user("traffic", "Traffic office")
        cls.patrol = make_user("patrol")
        cls.signing_in, _ = make_officer("B-1", name="Paula Patrol", user=cls.patrol)
        cls.officer, cls.token = make_officer("B-2", name="Omar Hill")

    def by_token(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        return self.call(method, path, body, authorization=f"Token {self.token if token is None else token}")

    def assert_closed(self, calls: Sequence[tuple[str, str]]) -> None:
        """Asserts 401 without credentials, and 403 for residents, other staff and officers, for any body.

        The resident has `is_staff`, which opens only the admin.
        """
        self.reader.is_staff = True
        self.reader.save()
        for method, path in calls:
            with self.subTest(method=method, path=path):
                self.assert_status(self.call(method, path, "{"), 401)
                self.assert_status(self.by_token(method, path, {}), 401)
                for by in (self.reader, self.librarian, self.patrol):
                    self.assert_status(self.call(method, path, {}, by=by), 403)

    def assert_index(self, rows: QuerySet[Any], index: str) -> None:
        """Asserts that PostgreSQL can find the rows by an index, which it would not use for so few."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            self.assertIn(index, rows.explain())
