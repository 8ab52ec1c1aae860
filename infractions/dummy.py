"""Vehicles of an invented town, their owners, and what officers wrote down about them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count, islice

from django.db.models.functions import Lower

from accounts.dummy import DEMO_USERNAMES, FIRST_NAMES, LAST_NAMES, World
from accounts.models import User
from infractions.models import Infraction, Officer, OwnerChange, Person, Vehicle

OFFICERS, VISITORS = 4, 5  # at scale 1; visitors own vehicles and have no account
DRIVES, SOLD, LATE, VOID = 0.8, 0.12, 0.1, 0.04  # how often
DAYS = 400  # for how long the town has kept them
VEHICLES = ((1, 2, 3), (70, 25, 5))  # of one owner, and how often
INFRACTIONS = ((0, 1, 2, 3, 5, 9), (45, 28, 14, 7, 4, 2))  # of one vehicle, and how often
DOMAIN = "visitors.example.org"
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
BRANDS = "Corvo 3,Hollis Estate,Kestrel One,Lindmark City,Marlow Van,Piccolo E,Tessaro GT,Wayfarer 125"
COLORS = "black,blue,green,grey,red,silver,white,yellow"
SEEN = (
    "Parked on the zebra crossing at the school.",
    "Drove through the red light at Station Road.",
    "Parked in front of the gate of the fire station.",
    "Parking time exceeded by two hours, Market Square.",
    "63 km/h where 50 are allowed, Harbour Street.",
    "Telephone in hand at the wheel, Old Bridge.",
    "Loading bay blocked, the driver was not to be found.",
    "Drove the wrong way into Mill Lane.",
    "Left light broken, told for the second time.",
    "Parked on the cycle lane, Orchard Road.",
)
WRONG = ("The plate was misread.", "The driver showed a permit.", "Recorded twice.")


def create(world: World) -> int:
    """Officers (none has a token yet), vehicles of most residents and of some visitors, a few sold, and infractions."""
    officers = [officer.pk for officer in world.stored(officers_hired(world), of=OFFICERS * world.scale)]
    new, owners = owners_found(world)
    owners += [person.pk for person in world.stored(new, of=len(new))]
    vehicles = list(vehicles_of(world, owners))
    vehicles = list(world.stored(vehicles, of=len(vehicles)))
    sales = {vehicle.pk: sale for vehicle in vehicles if (sale := sale_of(world, vehicle, owners))}
    infractions = [
        infraction
        for vehicle in vehicles
        for infraction in infractions_of(
            world, vehicle, sales.get(vehicle.pk), officers, known=owners[: len(DEMO_USERNAMES)]
        )
    ]
    rows = len(officers) + len(new) + len(vehicles) + world.store(list(sales.values()))
    return rows + world.store(sorted(infractions, key=lambda infraction: infraction.recorded))


def name_of(world: World) -> str:
    return f"{world.random.choice(FIRST_NAMES.split())} {world.random.choice(LAST_NAMES.split())}"


def officers_hired(world: World) -> Iterator[Officer]:
    taken = set(Officer.objects.values_list("badge_number", flat=True))
    free = (badge for number in count(101) if (badge := f"B-{number}") not in taken)
    for badge in islice(free, OFFICERS * world.scale):
        yield Officer(name=name_of(world), badge_number=badge)


def owners_found(world: World) -> tuple[list[Person], list[int]]:
    """Who is to be entered as an owner, and who of the people was before."""
    entered = dict(Person.objects.values_list(Lower("email"), "pk"))
    residents = User.objects.filter(pk__in=world.user_ids).exclude(email="").order_by("pk")
    new, known = [], []
    for user_id, username, name, email in residents.values_list("pk", "username", "name", Lower("email")):
        if email in entered:
            known.append(entered[email])
        elif username in DEMO_USERNAMES or world.random.random() < DRIVES:
            new.append(Person(name=name or f"Resident {user_id}", email=email))
    emails = (email for number in count(1) if (email := f"owner_{number}@{DOMAIN}") not in entered)
    new += [Person(name=name_of(world), email=email) for email in islice(emails, VISITORS * world.scale)]
    return new, known


def vehicles_of(world: World, owners: list[int]) -> Iterator[Vehicle]:
    taken = set(Vehicle.objects.values_list("plate", flat=True))
    random = world.random
    for owner_id in owners:
        for _ in range(random.choices(*VEHICLES)[0]):
            yield Vehicle(
                license_plate=plate_new(world, taken),
                brand=random.choice(BRANDS.split(",")),
                color=random.choice(COLORS.split(",")),
                owner_id=owner_id,
            )


def plate_new(world: World, taken: set[str]) -> str:
    """Such as `KTB-482 MX`; `taken` are plates in normal form."""
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


def sale_of(world: World, vehicle: Vehicle, owners: list[int]) -> OwnerChange | None:
    """How the vehicle came to its present owner; None for one that always was theirs."""
    former_id = world.random.choice(owners)
    if world.random.random() > SOLD or former_id == vehicle.owner_id:
        return None
    return OwnerChange(
        vehicle=vehicle,
        former_owner_id=former_id,
        new_owner_id=vehicle.owner_id,
        at=world.moment(DAYS * 0.75),
        by_id=world.staff_id,
    )


def infractions_of(
    world: World, vehicle: Vehicle, sale: OwnerChange | None, officers: list[int], *, known: list[int]
) -> Iterator[Infraction]:
    """What officers saw; user_1 and user_2 have something to look at."""
    random = world.random
    number = max(random.choices(*INFRACTIONS)[0], 2 if vehicle.owner_id in known else 0)
    for _ in range(number):
        timestamp = world.moment(DAYS)
        recorded = later(world, timestamp, soon=0.01) if random.random() < LATE else timestamp
        sold_later = sale is not None and timestamp < sale.at
        infraction = Infraction(
            vehicle=vehicle,
            owner_id=sale.former_owner_id if sale is not None and sold_later else vehicle.owner_id,
            officer_id=random.choice(officers),
            timestamp=timestamp,
            recorded=recorded,
            comments=random.choice(SEEN),
        )
        if random.random() < VOID:
            infraction.date_voided = later(world, recorded)
            infraction.voided_by_id = world.staff_id
            infraction.void_reason = random.choice(WRONG)
        yield infraction


def later(world: World, moment: datetime, *, soon: float = 1) -> datetime:
    """Some time between a moment and now, or within so much of that."""
    return world.awake(moment + (world.at - moment) * world.random.random() * soon, since=moment)
