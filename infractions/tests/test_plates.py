"""License plates in their normal form: one vehicle, found from any keyboard."""

import re
from typing import Any
from unittest.mock import patch

from django.db.models import Value

from infractions import plates
from infractions.models import Vehicle
from infractions.plates import PlateKey, is_plate
from infractions.tests.builders import TrafficTestCase, make_vehicle
from infractions.tests.printed_plates import PRINTED

VEHICLES = "/api/v3/vehicles/"
INFRACTIONS = "/api/v3/infractions/"
NOTHING = re.compile("(?!)")  # matches no text
# What a reader tells apart
DIFFERENT = ("AAA123", "AAA12З", "ÄAA123", "AAA-1234", "БAA123", "AAA0", "AAAO", "AAA1", "AAAI", "ΛΛΛ123", "ААЯ123")  # noqa: RUF001


class PlateTests(TrafficTestCase):
    def key(self, text: str) -> str:
        result: str = Vehicle.objects.order_by().values_list(PlateKey(Value(text)), flat=True)[0]
        return result

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        make_vehicle("ONE ROW")

    def test_each_country_s_plate_has_one_normal_form(self) -> None:
        self.assertGreaterEqual(len(PRINTED), 20)
        for country, (printed, key, typed) in PRINTED.items():
            for plate in (printed, key, *typed):
                with self.subTest(country=country, plate=plate):
                    self.assertEqual(self.key(plate), key)
                    self.assertTrue(is_plate(plate))

    def test_each_look_alike_letter_stands_for_the_latin_one(self) -> None:
        for letters, latin in (
            (plates.CYRILLIC, plates.CYRILLIC_AS_LATIN),
            (plates.GREEK, plates.GREEK_AS_LATIN),
            (plates.PERSIAN, plates.PERSIAN_AS_ARABIC),
        ):
            self.assertEqual(self.key(letters), latin)
            self.assertEqual(self.key(letters.lower()), latin)

    def test_every_printed_separator_is_left_out(self) -> None:
        for separator in " \t\u00a0\u2009\u202f\u3000-‐‑‒–—−_./\\|·•‧∙⋅●・･．／＿":  # noqa: RUF001
            with self.subTest(separator=separator):
                self.assertEqual(self.key(f"A{separator}{separator}1"), "A1")

    def test_plates_that_a_reader_tells_apart_are_different(self) -> None:
        keys = [self.key(plate) for plate in DIFFERENT]
        self.assertEqual(len(set(keys)), len(DIFFERENT), keys)

    def test_a_normal_form_is_its_own_normal_form(self) -> None:
        for plate in (*DIFFERENT, *(printed for printed, _, _ in PRINTED.values()), "İi\u0307", "ß1", "ﬁ"):
            with self.subTest(plate=plate):
                self.assertEqual(self.key(self.key(plate)), self.key(plate))

    def test_postgresql_agrees_on_plain_plates_without_being_asked(self) -> None:
        texts = [text for letter in map(chr, range(1, 128)) for text in (letter, f"A{letter}1")]
        for text in (*texts, "-A" * 16, "A" * 17, "A\u00a01"):
            with self.subTest(text=text):
                with patch.object(plates, "PLAIN_PLATE", NOTHING):
                    accepted = is_plate(text)
                is_ascii_plate = accepted and text.isascii()
                self.assertEqual(plates.PLAIN_PLATE.fullmatch(text) is not None, is_ascii_plate)
        with self.assertNumQueries(0):
            self.assertTrue(is_plate("aaa-123"))

    def test_an_officer_finds_a_vehicle_from_any_keyboard(self) -> None:
        make_vehicle("AAA·123")
        for plate in ("aaa-123", "AAA123", "ААА·123", "ΑΑΑ•123", "aaa/١٢٣", "Ａ_Ａ.Ａ　123"):  # noqa: RUF001
            body = {"license_plate": plate, "comments": "x"}
            with self.subTest(plate=plate):
                answer = self.assert_status(self.by_token("POST", INFRACTIONS, body), 201)
                self.assertEqual(answer["license_plate"], "AAA·123")


class UnknownPlateTests(TrafficTestCase):
    def detail(self, plate: str) -> Any:
        answer = self.by_token("POST", INFRACTIONS, {"license_plate": plate, "comments": "x"})
        return self.assert_status(answer, 404)["detail"]

    def test_an_officer_is_told_of_o_and_0_and_of_i_and_1(self) -> None:
        make_vehicle("ABO-123")
        for plate in ("AB0123", "AB0/1 2·3", "ав0 123"):  # noqa: RUF001
            with self.subTest(plate=plate):
                self.assertEqual(
                    self.detail(plate),
                    "No vehicle has this license plate. Did you confuse O and 0, or I and 1? There is ABO-123.",
                )

    def test_no_other_near_plate_is_named(self) -> None:
        make_vehicle("AB8-123")
        for plate in ("ABB-123", "AB8-124", "AB8-12", "A8B-123", "AB8-1Z3", "AB8-L23"):
            with self.subTest(plate=plate):
                self.assertEqual(self.detail(plate), "No vehicle has this license plate.")

    def test_staff_who_filter_by_plate_get_no_hint(self) -> None:
        make_vehicle("ABO-123")
        for path in (VEHICLES, INFRACTIONS):
            page = self.assert_status(self.call("GET", f"{path}?license_plate=AB0123", by=self.traffic), 200)
            self.assertEqual(page["results"], [])

    def test_similar_plates_are_found_by_an_index(self) -> None:
        self.assert_index(Vehicle.objects.with_plate_like("ABO1").order_by(), "vehicle_by_plate_shape")


class SearchTests(TrafficTestCase):
    def test_a_text_without_a_letter_or_digit_finds_nothing(self) -> None:
        vehicle = make_vehicle("AAA·123")
        for query, found in (("-", []), ("··", []), ("%D0%B0%D0%B0", [vehicle.pk])):
            with self.subTest(query=query):
                page = self.assert_status(self.call("GET", f"{VEHICLES}?q={query}", by=self.traffic), 200)
                self.assertEqual([row["id"] for row in page["results"]], found)
