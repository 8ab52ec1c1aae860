"""What is on file about a person, for the report and for that person's own page."""

import logging
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q, Value

from infractions.models import Infraction, InfractionQuerySet, Person, Vehicle

logger = logging.getLogger("infractions.views.report")  # which the settings keep, whatever else is left out

MOST = 1000  # infractions in one answer


@dataclass(frozen=True)
class File:
    """`count` counts all infractions that are not void, `results` are the newest of them; `vehicles` are those that
    the person owns now, and those of the results."""

    person: Person
    vehicles: list[Vehicle]
    count: int
    results: list[Infraction]

    def by_vehicle(self) -> list[tuple[Vehicle, list[Infraction]]]:
        """Each vehicle with its infractions among the results, newest first."""
        infractions: dict[int, list[Infraction]] = defaultdict(list)
        for infraction in self.results:
            infractions[infraction.vehicle_id].append(infraction)
        return [(vehicle, infractions[vehicle.pk]) for vehicle in self.vehicles]


def person_find(email: str, *, allowed: bool, caller: str) -> Person | None:
    """The person of an address; None when it is nobody's, or `caller` may not look. Either is logged, without it.

    Whether they may goes into the look-up, so that both take the same statements.
    """
    person = Person.objects.by_email(email).filter(Value(allowed)).first()
    if person is None:
        logger.info("No report for %s", caller)
    else:
        logger.info("Report of person %s for %s", person.pk, caller)
    return person


def infractions_of(person: Person) -> InfractionQuerySet:
    """Those that count, with what is shown of them, newest first."""
    return person.infractions.valid().select_related("vehicle", "officer").order_by("-timestamp", "-id")


def file_of(person: Person, *, most: int = MOST) -> File:
    """The file, with so many infractions, in two statements, or three, whatever there is to tell."""
    results = list(infractions_of(person)[:most])
    # Counted apart only where there may be more: what is recorded meanwhile would make the two differ.
    count = len(results) if len(results) < most else person.infractions.valid().count()
    shown = Q(owner=person) | Q(pk__in={infraction.vehicle_id for infraction in results})
    return File(person, list(Vehicle.objects.filter(shown)), count, results)
