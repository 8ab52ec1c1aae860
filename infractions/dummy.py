"""Dummy vehicles, owners, officers and infractions."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count, islice

from django.db.models.functions import Lower

from accounts.dummy import DEMO_USERNAMES, FIRST_NAMES, LAST_NAMES, World
from accounts.models import User
from infractions.models import Infraction, Officer, OwnerChange, Person, Vehicle

OFFICERS_PER_SCALE = 4
VISITORS_PER_SCALE = 5  # visitors own vehicles but have no account
OWNER_PROBABILITY = 0.8  # that a resident owns a vehicle
SALE_PROBABILITY = 0.12  # that a vehicle had another owner before
LATE_PROBABILITY = 0.1  # that an infraction is recorded later than it was committed
VOID_PROBABILITY = 0.04
PERIOD_DAYS = 400  # the infractions are at most this old
# Numbers, and the weight of each
VEHICLES_PER_OWNER = ((1, 2, 3), (70, 25, 5))
INFRACTIONS_PER_VEHICLE = ((0, 1, 2, 3, 5, 9), (45, 28, 14, 7, 4, 2))
VISITOR_DOMAIN = "visitors.example.org"
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
BRANDS = "Corvo 3,Hollis Estate,Kestrel One,Lindmark City,Marlow Van,Piccolo E,Tessaro GT,Wayfarer 125"
COLORS = "black,blue,green,gray,red,silver,white,yellow"
COMMENTS = (
    "Parked on the zebra crossing at the school.",
    "Drove through the red light at Station Road.",
    "Parked in front of the gate of the fire station.",
    "Exceeded the parking time by two hours, Market Square.",
    "63 km/h in a 50 km/h zone, Harbour Street.",
    "Held a phone while driving, Old Bridge.",
    "Blocked the loading bay, driver absent.",
    "Drove the wrong way into Mill Lane.",
    "Left headlight broken, second warning.",
    "Parked on the cycle lane, Orchard Road.",
)
VOID_REASONS = ("The plate was misread.", "The driver showed a permit.", "Recorded twice.")


def create(world: World) -> int:
    """Creates officers without tokens, and vehicles of residents and visitors with sales and infractions.

    Returns the number of rows.
    """
    officers = [officer.pk for officer in world.stored(new_officers(world), of=OFFICERS_PER_SCALE * world.scale)]
    new, owners = split_owners(world)
    owners += [person.pk for person in world.stored(new, of=len(new))]
    vehicles = list(new_vehicles(world, owners))
    vehicles = list(world.stored(vehicles, of=len(vehicles)))
    sales = {vehicle.pk: sale for vehicle in vehicles if (sale := maybe_sale(world, vehicle, owners))}
    infractions = [
        infraction
        for vehicle in vehicles
        for infraction in new_infractions(
            world, vehicle, sales.get(vehicle.pk), officers, known=owners[: len(DEMO_USERNAMES)]
        )
    ]
    rows = len(officers) + len(new) + len(vehicles) + world.store(list(sales.values()))
    return rows + world.store(sorted(infractions, key=lambda infraction: infraction.recorded))


def random_name(world: World) -> str:
    return f"{world.random.choice(FIRST_NAMES.split())} {world.random.choice(LAST_NAMES.split())}"


def new_officers(world: World) -> Iterator[Officer]:
    taken = set(Officer.objects.values_list("badge_number", flat=True))
    free = (badge for number in count(101) if (badge := f"B-{number}") not in taken)
    for badge in islice(free, OFFICERS_PER_SCALE * world.scale):
        yield Officer(name=random_name(world), badge_number=badge)


def split_owners(world: World) -> tuple[list[Person], list[int]]:
    """Returns the owners to create, and the ids of the residents' persons that exist already."""
    existing = dict(Person.objects.values_list(Lower("email"), "pk"))
    residents = User.objects.filter(pk__in=world.user_ids).exclude(email="").order_by("pk")
    new, known = [], []
    for user_id, username, name, email in residents.values_list("pk", "username", "name", Lower("email")):
        if email in existing:
            known.append(existing[email])
        elif username in DEMO_USERNAMES or world.random.random() < OWNER_PROBABILITY:
            new.append(Person(name=name or f"Resident {user_id}", email=email))
    emails = (email for number in count(1) if (email := f"owner_{number}@{VISITOR_DOMAIN}") not in existing)
    new += [Person(name=random_name(world), email=email) for email in islice(emails, VISITORS_PER_SCALE * world.scale)]
    return new, known


def new_vehicles(world: World, owners: list[int]) -> Iterator[Vehicle]:
    taken = set(Vehicle.objects.values_list("plate", flat=True))
    random = world.random
    for owner_id in owners:
        for _ in range(random.choices(*VEHICLES_PER_OWNER)[0]):
            yield Vehicle(
                license_plate=new_plate(world, taken),
                brand=random.choice(BRANDS.split(",")),
                color=random.choice(COLORS.split(",")),
                owner_id=owner_id,
            )


def new_plate(world: World, taken: set[str]) -> str:
    """Returns a plate such as `KTB-482 MX` and adds its normal form to `taken`."""
    random = world.random
    while True:
        parts = (
            "".join(random.choices(LETTERS, k=3)),
            f"{random.randrange(1000):03}",
            "".join(random.choices(LETTERS, k=2)),
        )
        if "".join(parts) not in taken:
            taken.add("".join(parts))
            return f"{parts[0]}-{parts[1]} {parts[2]}"


def maybe_sale(world: World, vehicle: Vehicle, owners: list[int]) -> OwnerChange | None:
    """Returns the sale of the vehicle to its present owner; None if it never had another one."""
    former_id = world.random.choice(owners)
    if world.random.random() > SALE_PROBABILITY or former_id == vehicle.owner_id:
        return None
    return OwnerChange(
        vehicle=vehicle,
        former_owner_id=former_id,
        new_owner_id=vehicle.owner_id,
        at=world.moment(PERIOD_DAYS * 0.75),
        by_id=world.staff_id,
    )


def new_infractions(
    world: World, vehicle: Vehicle, sale: OwnerChange | None, officers: list[int], *, known: list[int]
) -> Iterator[Infraction]:
    """Yields the infractions of a vehicle: at least two for `known` owners, so that user_1 and user_2 have some."""
    random = world.random
    number = max(random.choices(*INFRACTIONS_PER_VEHICLE)[0], 2 if vehicle.owner_id in known else 0)
    for _ in range(number):
        timestamp = world.moment(PERIOD_DAYS)
        recorded = later(world, timestamp, within=0.01) if random.random() < LATE_PROBABILITY else timestamp
        sold_later = sale is not None and timestamp < sale.at
        infraction = Infraction(
            vehicle=vehicle,
            owner_id=sale.former_owner_id if sale is not None and sold_later else vehicle.owner_id,
            officer_id=random.choice(officers),
            timestamp=timestamp,
            recorded=recorded,
            comments=random.choice(COMMENTS),
        )
        if random.random() < VOID_PROBABILITY:
            infraction.date_voided = later(world, recorded)
            infraction.voided_by_id = world.staff_id
            infraction.void_reason = random.choice(VOID_REASONS)
        yield infraction


def later(world: World, moment: datetime, *, within: float = 1) -> datetime:
    """Returns a time in the first part of the span from a moment to now; `within` is that part, from 0 to 1."""
    return world.awake(moment + (world.at - moment) * world.random.random() * within, since=moment)
