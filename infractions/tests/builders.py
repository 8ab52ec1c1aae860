"""Persons, vehicles, officers and infractions for tests."""

from itertools import count
from typing import Any

from django.utils import timezone

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
    badge = badge_number or f"B-{next(numbers)}"
    return officer_create(**{"name": "Omar Hill", "badge_number": badge, "user": None, **fields})


def make_infraction(vehicle: Vehicle, officer: Officer, **fields: Any) -> Infraction:
    """An infraction of now, or of `timestamp`."""
    given = {"comments": "Parked on the crossing.", "timestamp": None, "at": timezone.now(), **fields}
    return infraction_record(plate=vehicle.license_plate, officer=officer, **given)
