"""The infractions of a person, for the report and for the person's own page."""

import logging
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Value

from common.queries import Rows
from common.statements import compiled
from infractions.models import Infraction, InfractionQuerySet, Person, Vehicle

# The settings always log this logger at INFO, so that there is a record of who read whose report.
logger = logging.getLogger("infractions.views.report")

MAX_REPORT_RESULTS = 1000


@dataclass(frozen=True)
class PersonReport:
    """The infractions of a person that are not void.

    `count` counts all of them, `results` are the newest. `vehicles` are those that the person owns now and those in
    the results.
    """

    person: Person
    vehicles: list[Vehicle]
    count: int
    results: Rows

    def by_vehicle(self) -> list[tuple[Vehicle, list[Infraction]]]:
        """Returns each vehicle with its infractions in the results, newest first."""
        infractions: dict[int, list[Infraction]] = defaultdict(list)
        for infraction in self.results.models:
            infractions[infraction.vehicle_id].append(infraction)
        return [(vehicle, infractions[vehicle.pk]) for vehicle in self.vehicles]


def person_find(email: str, *, is_allowed: bool, caller: str) -> Person | None:
    """Returns the person with an email address; None if there is none or the caller may not see the report.

    Logs the caller and the person's id, never the address. The permission is part of the query, so that the
    same statements run in both cases.
    """
    person = Person.objects.by_email(email).filter(Value(is_allowed)).first()
    if person is None:
        logger.info("No report for %s", caller)
    else:
        logger.info("Report of person %s for %s", person.pk, caller)
    return person


def report_infractions(person_id: int) -> InfractionQuerySet:
    """Returns the infractions of a person that are not void, newest first, with vehicle, officer and objection."""
    infractions = Infraction.objects.valid().filter(owner=person_id).order_by("-timestamp", "-id")
    return infractions.select_related("vehicle", "officer", "objection")


@compiled
def newest_infractions(number: int, *, person_id: int) -> QuerySet[Infraction]:
    """Returns the infractions with the columns that the report and the page show: a third of all that there are."""
    own = ("vehicle", "owner", "officer", "timestamp", "comments", "void_reason", "date_voided")
    related = ("vehicle__license_plate", "officer__name", "officer__badge_number", "objection")
    return report_infractions(person_id).only(*own, *related)[:number]


def person_report(person: Person, *, max_results: int = MAX_REPORT_RESULTS) -> PersonReport:
    """Returns the report of a person. It takes two statements, or three if there may be more than `max_results`."""
    results = newest_infractions.found(max_results, person_id=person.pk)
    # Counted only where there may be more: an infraction recorded between the two statements would make them differ.
    count = len(results) if len(results) < max_results else person.infractions.valid().count()
    shown = Q(owner=person) | Q(pk__in=set(results.column("vehicle_id")))
    return PersonReport(person, list(Vehicle.objects.filter(shown)), count, results)
