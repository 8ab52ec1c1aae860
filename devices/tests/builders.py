"""Devices for tests."""

from itertools import count
from typing import Any

from django.utils import timezone

from devices.models import Device
from devices.services import device_create

numbers = count(1)


def device_body(slug: str = "meter-7", **fields: Any) -> dict[str, Any]:
    """Returns the body with which a client adds a device."""
    return {
        "id": f"/devices/{slug}",
        "deviceModel": "/devicemodels/parkster-200",
        "name": "Parking meter",
        "note": "Takes coins.",
        **fields,
    }


def make_device(slug: str = "", **fields: Any) -> Device:
    """Creates a device. Without a slug, it gets a unique one."""
    values = {"model_id": "parkster-200", "name": "Parking meter", "note": "Takes coins.", "at": timezone.now()}
    return device_create(**{"slug": slug or f"device-{next(numbers):06}", **values, **fields})
