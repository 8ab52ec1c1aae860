"""Devices of an invented town."""

from collections.abc import Iterator
from itertools import count

from accounts.dummy import World
from devices.models import Device, DeviceModel

DEVICES = 30  # at scale 1
DAYS = 900  # for how long the town has had them
CHOSEN, CHANGED = 0.3, 0.4  # how often the maker's serial was kept, and the entry was changed later
# what it is, its model, where it stands, what there is to say about it
KINDS = (
    ("meter", "Parking meter", ("parkster-200", "parkster-220s"), "Takes coins and cards.,Emptied on Mondays."),
    ("sensor", "Air quality sensor", ("breeze-4",), "Reports every ten minutes.,Battery changed in spring."),
    ("counter", "Bicycle counter", ("pedal-count-2",), "Loop in the road.,Shows the year's total on a display."),
    ("printer", "Printer", ("inkwell-m30", "inkwell-m45"), "Toner in the cupboard beside it.,Prints both sides."),
    ("scanner", "Document scanner", ("flatbed-9",), "For applications on paper.,Calibrated once a year."),
    ("lamp", "Street lamp", ("lumen-60", "lumen-90"), "Dims after midnight.,Lit by movement."),
    ("gate", "Gate", ("swingway-1",), "Opens for the fire brigade.,Closed on market days."),
)
PLACES = "Market Square,Harbour Street,Mill Lane,Old Bridge,Station Road,Library,Town Hall,North Depot,City Park"


def create(world: World) -> int:
    """As many devices as the scale asks for, and the models they are of where they are missing."""
    taken = {key for keys in Device.objects.values_list("slug", "serial") for key in keys}
    new = [device for device, _ in zip(invented(world, taken), range(DEVICES * world.scale), strict=False)]
    known = set(DeviceModel.objects.values_list("slug", flat=True))
    models = sorted({device.model_id for device in new} - known)
    world.store([DeviceModel(slug=slug) for slug in models])
    return len(models) + world.store(sorted(new, key=lambda device: device.created_at))


def invented(world: World, taken: set[str]) -> Iterator[Device]:
    """Devices whose ids and serials are not taken, without an end."""
    random = world.random
    numbers = {kind: count(1) for kind, *_ in KINDS}
    while True:
        kind, name, models, notes = random.choice(KINDS)
        place, model, at = random.choice(PLACES.split(",")), random.choice(models), world.moment(DAYS)
        serial = f"{model.upper()}-{random.randrange(16**8):08X}"
        slug = f"{kind}-{place.lower().replace(' ', '-')}-{next(numbers[kind])}"
        if slug in taken or serial in taken:
            continue
        taken.add(serial)
        yield Device(
            slug=slug,
            model_id=model,
            name=f"{name}, {place}",
            note=random.choice(notes.split(",")),
            created_at=at,
            updated_at=at + (world.at - at) * random.random() if random.random() < CHANGED else at,
            **({"serial": serial} if random.random() < CHOSEN else {}),
        )
