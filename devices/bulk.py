"""An array of devices: which rows are drafts of one, and what is wrong with the others."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, empty
from rest_framework.serializers import as_serializer_error

from devices.serializers import DeviceRow
from devices.services import Drafts, Errors, taken

MAX_ROWS = 1000
REPEATED = _("An earlier row has the same {name}.")


def rows_read(rows: list[Any]) -> tuple[Drafts, Errors]:
    """The rows that can be stored, and the errors of the others, by index; at most one query.

    A row that repeats the id or serial of an earlier one is refused, whatever became of that one.
    """
    serializer = DeviceRow()
    drafts: Drafts = {}
    errors: Errors = {}
    seen: dict[str, set[str]] = {"id": set(), "serial": set()}
    keys: Drafts = {}
    for index, row in enumerate(rows):
        try:
            drafts[index] = serializer.run_validation(row)
        except ValidationError as error:
            errors[index] = as_serializer_error(error)
        keys[index] = keys_read(serializer, row)
        for name, source in (("id", "slug"), ("serial", "serial")):
            key = keys[index].get(source)
            if key in seen[name]:
                errors.setdefault(index, {})[name] = [REPEATED.format(name=name)]
                drafts.pop(index, None)
            elif key is not None:
                seen[name].add(key)
    for index, refusals in taken({index: keys[index] for index in errors}).items():
        errors[index] = refusals | errors[index]
    return drafts, errors


def keys_read(serializer: DeviceRow, row: Any) -> dict[str, Any]:
    """The slug and the serial of a row, as far as they can be read."""
    keys = {}
    if isinstance(row, dict):
        for name, source in (("id", "slug"), ("serial", "serial")):
            try:
                keys[source] = serializer.fields[name].run_validation(row.get(name, empty))
            except (SkipField, ValidationError):
                continue
    return keys
