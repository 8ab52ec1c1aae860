"""Vehicles and their owners, officers, the infractions that officers record, and objections to them."""

from infractions.models.infractions import (
    BADGE_EXISTS,
    COMMITTED,
    MAX_CLOCK_SKEW,
    MAX_COMMENTS_LENGTH,
    TIME_IN_FUTURE,
    USER_IS_OFFICER,
    Infraction,
    InfractionMove,
    InfractionQuerySet,
    Officer,
    OfficerQuerySet,
    timestamp_error,
)
from infractions.models.objections import MAX_OBJECTION_LENGTH, Objection, ObjectionQuerySet
from infractions.models.vehicles import (
    EMAIL_EXISTS,
    PLATE_EXISTS,
    OwnerChange,
    OwnerPeriod,
    Person,
    PersonQuerySet,
    Vehicle,
    VehicleQuerySet,
)

__all__ = [
    "BADGE_EXISTS",
    "COMMITTED",
    "EMAIL_EXISTS",
    "MAX_CLOCK_SKEW",
    "MAX_COMMENTS_LENGTH",
    "MAX_OBJECTION_LENGTH",
    "PLATE_EXISTS",
    "TIME_IN_FUTURE",
    "USER_IS_OFFICER",
    "Infraction",
    "InfractionMove",
    "InfractionQuerySet",
    "Objection",
    "ObjectionQuerySet",
    "Officer",
    "OfficerQuerySet",
    "OwnerChange",
    "OwnerPeriod",
    "Person",
    "PersonQuerySet",
    "Vehicle",
    "VehicleQuerySet",
    "timestamp_error",
]
