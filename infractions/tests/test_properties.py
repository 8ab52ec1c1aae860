"""What holds for the normal form of every license plate."""

from typing import Any

from hypothesis import given
from hypothesis.strategies import data, sampled_from

from common.tests.properties import PropertyTestCase, computed, texts
from infractions import plates
from infractions.tests.printed_plates import PRINTED

LOOK_ALIKES = dict(zip(plates.CYRILLIC_AS_LATIN, plates.CYRILLIC, strict=True))
GREEK_LOOK_ALIKES = dict(zip(plates.GREEK_AS_LATIN, plates.GREEK, strict=True))
SEPARATORS = " -.·•/|_\u00a0\u2013\u3000"
ZEROS = "0\u0660\u06f0\u0966\uff10"


class PlateTests(PropertyTestCase):
    @given(texts)
    def test_a_normal_form_is_its_own_normal_form(self, value: str) -> None:
        self.assertEqual(*computed("plate_key(%s), plate_key(plate_key(%s))", value, value))

    @given(sampled_from([key for _, key, _ in PRINTED.values()]), data())
    def test_every_way_to_print_a_plate_is_one_vehicle(self, key: str, draw: Any) -> None:
        printed = ""
        for sign in key:
            printed += draw.draw(sampled_from(["", *SEPARATORS])) + draw.draw(sampled_from(self.forms(sign)))
        self.assertEqual(*computed("plate_key(%s), plate_key(%s)", printed, key))

    def forms(self, sign: str) -> list[str]:
        """Returns how a letter or digit may be printed or typed."""
        if sign.isdecimal():
            return [chr(ord(zero) + int(sign)) for zero in ZEROS]
        alike = [letters.get(sign, sign) for letters in (LOOK_ALIKES, GREEK_LOOK_ALIKES)]
        wide = chr(ord(sign) + 0xFEE0) if sign.isascii() else sign
        return [*{sign, wide, *alike, *(each.lower() for each in (sign, wide, *alike))}]
