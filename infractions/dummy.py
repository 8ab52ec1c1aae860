"""Dummy vehicles, owners, officers and infractions."""

from collections.abc import Iterator
from itertools import count, islice

from django.db.models.functions import Lower

from accounts.dummy import DEMO_USERNAMES, World
from accounts.models import User
from infractions.models import Infraction, InfractionMove, Objection, Officer, OwnerChange, Person, Vehicle

OFFICERS_PER_SCALE = 4
VISITORS_PER_SCALE = 5  # visitors own vehicles but have no account
OWNER_PROBABILITY = 0.8  # that a resident owns a vehicle
SALE_PROBABILITY = 0.12  # that a vehicle had another owner before
LATE_SALE_INTERVAL = 3  # of so many infractions of buyers, one is of a sale that was entered late
LATE_PROBABILITY = 0.1  # that an infraction is recorded later than it was committed
VOID_PROBABILITY = 0.04
PERIOD_DAYS = 400  # the infractions are at most this old
# Numbers, and the weight of each
VEHICLES_PER_OWNER = ((1, 2, 3), (70, 25, 5))
INFRACTIONS_PER_VEHICLE = ((0, 1, 2, 3, 5, 9), (45, 28, 14, 7, 4, 2))
VISITOR_DOMAIN = "visitors.example.org"
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
SEPARATORS = "-·"
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
OBJECTION_PROBABILITY = 0.12  # to an infraction of a resident
UPHELD_PROBABILITY = 0.5  # that an infraction of a resident is void because the resident objected
ANSWERED_PROBABILITY = 0.7
OBJECTIONS = (
    "My car was at the garage that day.",
    "The sign was hidden behind a tree.",
    "I was unloading for a minute.",
    "I have a permit for that street.",
)
REJECTION, UPHELD = "The photograph shows the plate and the sign clearly.", "You are right. We are sorry."
VOID_REASONS = ("The plate was misread.", "The driver showed a permit.", "Recorded twice.")


def create(world: World) -> int:
    """Creates officers without tokens, and vehicles of residents and visitors with sales and infractions.

    Returns the number of rows.
    """
    existing = set(Officer.objects.values_list("badge_number", flat=True))
    badges = (badge for number in count(101) if (badge := f"B-{number}") not in existing)
    officers = [
        Officer(name=world.person_name(), badge_number=next(badges)) for _ in range(OFFICERS_PER_SCALE * world.scale)
    ]
    people, owners = new_people(world)
    rows = world.store(officers) + world.store(people)
    owners += [person.pk for person in people]
    vehicles = list(new_vehicles(world, owners))
    rows += world.store(vehicles)
    sales = [sale for vehicle in vehicles if (sale := maybe_sale(world, vehicle, owners))]
    sold = {sale.vehicle_id: sale for sale in sales}
    demo = set(owners[: len(DEMO_USERNAMES)])
    infractions = []
    for vehicle in vehicles:  # at least two for user_1 and user_2
        number = max(world.random.choices(*INFRACTIONS_PER_VEHICLE)[0], 2 if vehicle.owner_id in demo else 0)
        infractions += [new_infraction(world, vehicle, sold.get(vehicle.pk), officers) for _ in range(number)]
    infractions.sort(key=lambda infraction: infraction.recorded)
    rows += world.store(sales) + world.store(infractions)
    rows += world.store(list(new_moves(world, sales, infractions)))
    return rows + world.store(list(new_objections(world, infractions)))


def new_people(world: World) -> tuple[list[Person], list[int]]:
    """Returns the owners to create, and the ids of the residents' persons that exist already."""
    existing = dict(Person.objects.values_list(Lower("email"), "pk"))
    residents = User.objects.filter(pk__in=world.user_ids).exclude(email="").order_by("pk")
    new, known = [], []
    for user_id, username, name, email in residents.values_list("pk", "username", "name", Lower("email")):
        if email in existing:
            known.append(existing[email])
        elif username in DEMO_USERNAMES or world.happens(OWNER_PROBABILITY):
            new.append(Person(name=name or f"Resident {user_id}", email=email))
    emails = (email for number in count(1) if (email := f"owner_{number}@{VISITOR_DOMAIN}") not in existing)
    new += [Person(name=world.person_name(), email=email) for email in islice(emails, VISITORS_PER_SCALE * world.scale)]
    return new, known


def new_vehicles(world: World, owners: list[int]) -> Iterator[Vehicle]:
    """Yields vehicles with new plates such as `KTB-482 MX` or `KTB·482 MX`."""
    random, existing = world.random, set(Vehicle.objects.values_list("plate_key", flat=True))
    for owner_id in owners:
        for _ in range(random.choices(*VEHICLES_PER_OWNER)[0]):
            plate: list[str] = []
            while not plate or "".join(plate) in existing:
                letters = random.choices(LETTERS, k=3)
                plate = ["".join(letters), f"{random.randrange(1000):03}", "".join(random.choices(LETTERS, k=2))]
            existing.add("".join(plate))
            yield Vehicle(
                license_plate="{0}{3}{1} {2}".format(*plate, SEPARATORS[len(existing) % len(SEPARATORS)]),
                brand=random.choice(BRANDS.split(",")),
                color=random.choice(COLORS.split(",")),
                owner_id=owner_id,
            )


def maybe_sale(world: World, vehicle: Vehicle, owners: list[int]) -> OwnerChange | None:
    """Returns the sale of the vehicle to its present owner; None if it never had another one."""
    former_id = world.random.choice(owners)
    if not world.happens(SALE_PROBABILITY) or former_id == vehicle.owner_id:
        return None
    return OwnerChange(
        vehicle=vehicle,
        former_owner_id=former_id,
        new_owner_id=vehicle.owner_id,
        at=world.moment(PERIOD_DAYS * 0.75),
        by_id=world.staff_id,
    )


def new_moves(world: World, sales: list[OwnerChange], infractions: list[Infraction]) -> Iterator[InfractionMove]:
    """Yields the records of infractions that had to be moved because their sale was entered late."""
    sale_by_vehicle = {sale.vehicle_id: sale for sale in sales}
    buyers = [
        (infraction, sale)
        for infraction in infractions
        if (sale := sale_by_vehicle.get(infraction.vehicle_id)) and infraction.owner_id == sale.new_owner_id
    ]
    late = {sale.pk for _, sale in buyers[::LATE_SALE_INTERVAL]}
    for infraction, sale in buyers:
        if sale.pk in late:
            yield InfractionMove(
                infraction=infraction,
                owner_change=sale,
                former_owner_id=sale.former_owner_id,
                created_at=world.at,
                by_id=world.staff_id,
            )


def new_objections(world: World, infractions: list[Infraction]) -> Iterator[Objection]:
    """Yields objections of residents. Those to void infractions were upheld, others are rejected or open."""
    users = dict(User.objects.filter(pk__in=world.user_ids).exclude(email="").values_list(Lower("email"), "pk"))
    owners = {pk: users[email] for pk, email in Person.objects.values_list("pk", Lower("email")) if email in users}
    for infraction in infractions:
        user_id = owners.get(infraction.owner_id)
        probability = UPHELD_PROBABILITY if infraction.voided else OBJECTION_PROBABILITY
        if user_id is None or not world.happens(probability):
            continue
        until = infraction.date_voided or world.later(infraction.recorded, within=0.2)
        created_at = min(world.awake(infraction.recorded + (until - infraction.recorded) / 2), until)
        text = world.random.choice(OBJECTIONS)
        objection = Objection(infraction=infraction, by_id=user_id, language="en", text=text, created_at=created_at)
        if infraction.voided or world.happens(ANSWERED_PROBABILITY):
            objection.upheld, objection.answered_at, objection.answered_by_id = infraction.voided, until, world.staff_id
            objection.answer = UPHELD if infraction.voided else REJECTION
        yield objection


def new_infraction(world: World, vehicle: Vehicle, sale: OwnerChange | None, officers: list[Officer]) -> Infraction:
    timestamp = world.moment(PERIOD_DAYS)
    infraction = Infraction(
        vehicle=vehicle,
        owner_id=sale.former_owner_id if sale is not None and timestamp < sale.at else vehicle.owner_id,
        timestamp=timestamp,
        recorded=world.later(timestamp, within=0.01) if world.happens(LATE_PROBABILITY) else timestamp,
        officer=world.random.choice(officers),
        comments=world.random.choice(COMMENTS),
    )
    if world.happens(VOID_PROBABILITY):
        infraction.date_voided = world.later(infraction.recorded)
        infraction.voided_by_id = world.staff_id
        infraction.void_reason = world.random.choice(VOID_REASONS)
    return infraction
