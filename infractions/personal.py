"""What the traffic office holds about a resident.

The register of persons and vehicles does not belong to accounts: it says who owned a vehicle, whether or not that
person has an account. The resident with the confirmed address of a person gets what it holds about that person.
"""

from datetime import datetime
from typing import Any

from accounts.models import User
from infractions.models import Infraction, Objection, Officer, Person, Vehicle

ANSWER_COLUMNS = ("created_at", "answer", "upheld", "answered_at")


def export(user: User, *, at: datetime) -> dict[str, Any]:
    persons = Person.objects.of_user(user)
    infractions = Infraction.objects.filter(owner__in=persons).order_by("timestamp", "id")
    return {
        "persons": list(persons.values("name", "email")),
        "vehicles": list(
            Vehicle.objects.filter(owner__in=persons).order_by("id").values("license_plate", "brand", "color")
        ),
        "infractions": list(
            infractions.values("id", "vehicle__license_plate", "timestamp", "comments", "date_voided", "void_reason")
        ),
        "objections": list(
            Objection.objects.filter(by=user).order_by("id").values("infraction", "text", *ANSWER_COLUMNS)
        ),
        "officer": Officer.objects.filter(user=user).values("name", "badge_number", "token_used").first(),
    }


def bars(user: User, *, at: datetime) -> list[str]:
    return []


def close(user: User, *, at: datetime) -> None:
    """Unlinks the officer from the account. The officer stays, with the infractions that they recorded."""
    Officer.objects.filter(user=user).update(user=None)
