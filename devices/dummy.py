"""The devices of the dummy data."""

from collections.abc import Iterator
from itertools import count, islice

from accounts.dummy import World
from devices.models import Device, DeviceModel, DeviceStatus

DEVICES_PER_SCALE = 30
MAX_AGE_DAYS = 900
OWN_SERIAL_SHARE = 0.3  # of devices that keep the serial of their manufacturer
STATUS_WEIGHTS = (1, 7, 1, 1)  # in stock, in use, in repair, retired
CHANGED_SHARE = 0.4  # of devices that were changed after they were added
# kind, name, models, notes
KINDS = (
    ("meter", "Parking meter", ("parkster-200", "parkster-220s"), "Takes coins and cards.,Emptied on Mondays."),
    ("sensor", "Air quality sensor", ("breeze-4",), "Reports every ten minutes.,Battery changed in spring."),
    ("counter", "Bicycle counter", ("pedal-count-2",), "Loop in the road.,Shows the year's total on a display."),
    ("printer", "Printer", ("inkwell-m30", "inkwell-m45"), "Toner in the cupboard next to it.,Prints both sides."),
    ("scanner", "Document scanner", ("flatbed-9",), "For applications on paper.,Calibrated once a year."),
    ("lamp", "Street lamp", ("lumen-60", "lumen-90"), "Dims after midnight.,Lit by movement."),
    ("gate", "Gate", ("swingway-1",), "Opens for the fire brigade.,Closed on market days."),
)
PLACES = "Market Square,Harbor Street,Mill Lane,Old Bridge,Station Road,Library,Town Hall,North Depot,City Park"


def create(world: World) -> int:
    """Creates the devices and their missing models. Returns the number of created rows."""
    new = list(islice(new_devices(world), DEVICES_PER_SCALE * world.scale))
    models = {device.model_id for device in new}.difference(DeviceModel.objects.values_list("slug", flat=True))
    world.store([DeviceModel(slug=slug) for slug in sorted(models)])
    return len(models) + world.store(sorted(new, key=lambda device: device.created_at))


def new_devices(world: World) -> Iterator[Device]:
    """Yields devices with new ids and serials, without end."""
    random, numbers = world.random, {kind: count(1) for kind, *_ in KINDS}
    existing = {key for keys in Device.objects.values_list("slug", "serial") for key in keys}
    while True:
        kind, name, models, notes = random.choice(KINDS)
        place, model, at = random.choice(PLACES.split(",")), random.choice(models), world.moment(MAX_AGE_DAYS)
        serial = f"{model.upper()}-{random.randrange(16**8):08X}"
        slug = f"{kind}-{place.lower().replace(' ', '-')}-{next(numbers[kind])}"
        if slug in existing or serial in existing:
            continue
        existing.add(serial)
        yield Device(
            slug=slug,
            model_id=model,
            name=f"{name}, {place}",
            status=random.choices(DeviceStatus.values, STATUS_WEIGHTS)[0],
            place=place,
            note=random.choice(notes.split(",")),
            created_at=at,
            updated_at=at + (world.at - at) * random.random() if world.happens(CHANGED_SHARE) else at,
            **({"serial": serial} if world.happens(OWN_SERIAL_SHARE) else {}),
        )
