"""Persons, vehicles, officers and infractions for tests, and the people that deal with them."""

from collections.abc import Sequence
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


def make_person(email: str = "", **fields: Any) -> Person:
    """A person; without an address they get one of their own."""
    return person_create(**{"email": email or f"person{next(numbers)}@example.org", "name": "Ann Brook", **fields})


def make_vehicle(license_plate: str = "", **fields: Any) -> Vehicle:
    """A vehicle, of a new person unless one is given; without a plate it gets one of its own."""
    plate = license_plate or f"MADE{next(numbers)}"
    given = {"owner": fields.pop("owner", None) or make_person(), "brand": "Volvo", "color": "red"}
    return vehicle_create(license_plate=plate, **{**given, **fields})


def make_officer(badge_number: str = "", **fields: Any) -> tuple[Officer, str]:
    """An officer and the token."""
    badge = badge_number or f"MADE-{next(numbers)}"
    return officer_create(**{"name": "Omar Hill", "badge_number": badge, "user": None, **fields})


def make_infraction(vehicle: Vehicle, officer: Officer, **fields: Any) -> Infraction:
    """An infraction of now, or of `timestamp`."""
    given = {"comments": "Parked on the crossing.", "timestamp": None, "at": timezone.now(), **fields}
    return infraction_record(plate=vehicle.license_plate, officer=officer, **given)


class TrafficTestCase(HostileTestCase):
    """The cast, with somebody of the traffic office, an officer who signs in, and one who has a token."""

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
        """401 without credentials, 403 for residents, other staff, officers and `is_staff`, whatever the body."""
        self.reader.is_staff = True
        self.reader.save()
        for method, path in calls:
            with self.subTest(method=method, path=path):
                self.assert_status(self.call(method, path, "{"), 401)
                self.assert_status(self.by_token(method, path, {}), 401)
                for by in (self.reader, self.librarian, self.patrol):
                    self.assert_status(self.call(method, path, {}, by=by), 403)

    def assert_index(self, rows: QuerySet, index: str) -> None:
        """PostgreSQL finds the rows by an index, even where there are too few for it to be worth while."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            self.assertIn(index, rows.explain())
