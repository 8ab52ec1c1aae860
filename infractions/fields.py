"""Serializer fields of this app."""

import re
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from common.text_rules import normal_line
from infractions.plates import MAX_PLATE_LENGTH, PLATE_FORM, is_plate

SOFT_HYPHEN = "\u00ad"
WHITESPACE = re.compile(r"\s")


class LicensePlateField(serializers.CharField):
    """A license plate as written, on one line. Soft hyphens, which are not printed, are left out.

    The length is checked before spaces are trimmed; PostgreSQL checks the form.
    """

    default_error_messages = {"invalid_plate": PLATE_FORM}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_PLATE_LENGTH, trim_whitespace=False, **kwargs)

    def run_validation(self, data: Any = empty) -> str:
        return normal_line(WHITESPACE.sub(" ", super().run_validation(data)).replace(SOFT_HYPHEN, ""))

    def run_validators(self, value: str) -> None:
        super().run_validators(value)
        if not is_plate(value):
            self.fail("invalid_plate")
