"""The validation of an array of devices, row by row."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, empty
from rest_framework.serializers import as_serializer_error

from common.text import text_key
from devices.serializers import DeviceRow
from devices.services import DeviceDraft, DeviceKeys, Drafts, Errors, find_existing

MAX_ROWS = 1000
REPEATED = _("An earlier row has the same {name}.")


def validate_rows(rows: list[Any]) -> tuple[Drafts, Errors]:
    """Returns the valid rows as drafts and the errors of the others, by index. It takes at most one query.

    A row that repeats the id or serial of an earlier row is invalid, even if the earlier row is invalid too.
    """
    serializer = DeviceRow()
    drafts: Drafts = {}
    errors: Errors = {}
    keys: dict[int, DeviceKeys] = {}
    seen: dict[str, set[str]] = {"id": set(), "serial": set()}
    for index, row in enumerate(rows):
        try:
            drafts[index] = DeviceDraft(**serializer.run_validation(row))
        except ValidationError as error:
            errors[index] = as_serializer_error(error)
        keys[index] = DeviceKeys(read_key(serializer, row, "id"), read_key(serializer, row, "serial"))
        slug, serial = keys[index]
        for name, key in (("id", slug), ("serial", serial and text_key(serial))):
            if key in seen[name]:
                errors.setdefault(index, {})[name] = [REPEATED.format(name=name)]
                drafts.pop(index, None)
            elif key is not None:
                seen[name].add(key)
    for index, existing in find_existing({index: keys[index] for index in errors}).items():
        errors[index] = existing | errors[index]
    return drafts, errors


def read_key(serializer: DeviceRow, row: Any, name: str) -> str | None:
    """Returns the value of a field, or None if it is missing or invalid."""
    try:
        key: str = serializer.fields[name].run_validation(row.get(name, empty) if isinstance(row, dict) else empty)
    except (SkipField, ValidationError):
        return None
    return key
