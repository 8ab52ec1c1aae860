"""Numbers and times as people and spreadsheets write them."""

from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, override_settings
from django.utils.translation import override

from common.admin.typed_values import is_time, plain_number, typed_time

AT = datetime(2026, 3, 1, 21, 30, 15, tzinfo=UTC)


class NumberTests(SimpleTestCase):
    def test_numbers_of_all_languages(self) -> None:
        for text, number in {
            "12": "12",
            " -3 ": "-3",
            "20,50": "20.50",
            "20.50": "20.50",
            "0,125": "0.125",
            "1.234,5": "1234.5",
            "1,234.5": "1234.5",
            "3,00": "3",
            "1.200,0": "1200",
            "1.234.567": "1234567",
            "1 234,50": "1234.50",
            "1\u202f234": "1234",
            "12'345.60": "12345.60",
            "x": "x",
            "1,2,3": "1,2,3",
        }.items():
            with self.subTest(text=text):
                self.assertEqual(plain_number(text), number)

    def test_a_number_that_can_be_read_in_two_ways_is_refused(self) -> None:
        for text in ("1,234", "1.234", "-12,345"):
            with self.subTest(text=text), self.assertRaisesMessage(ValidationError, "can be read in two ways"):
                plain_number(text)


class TimeTests(SimpleTestCase):
    def test_times_of_all_languages(self) -> None:
        for language, text in (
            ("en", "2026-03-13T14:05:00"),
            ("en", "2026-03-13 14:05"),
            ("en", "03/13/2026 14:05:00"),
            ("en", "13/3/26 2:05 PM"),
            ("en", "13.03.2026 14:05"),
            ("es", "13/03/2026 14:05"),
            ("es", "13-3-2026, 2:05 p. m."),
            ("es", "2026/03/13 14:05"),
        ):
            with self.subTest(text=text), override(language):
                self.assertEqual(typed_time(text), datetime(2026, 3, 13, 14, 5))  # noqa: DTZ001

    def test_days_and_months_that_could_be_exchanged_are_refused_in_english_only(self) -> None:
        with override("en"), self.assertRaisesMessage(ValidationError, "3/4/2026 can be read in two ways"):
            typed_time("3/4/2026")
        with override("es"):
            self.assertEqual(typed_time("3/4/2026").month, 4)

    def test_what_is_no_time_is_refused(self) -> None:
        for text in ("", "x", "31/2/2026", "2026-02-31T10:00:00", "1/1/2026 25:00", "1/2-2026", "12"):
            with self.subTest(text=text), self.assertRaisesMessage(ValidationError, "is not a date and time"):
                typed_time(text)

    @override_settings(TIME_ZONE="Europe/Madrid")
    def test_a_stored_time_is_recognized_to_the_minute_in_utc_and_in_the_town(self) -> None:
        for text in ("2026-03-01T21:30:15Z", "2026-03-01 22:30", "1.3.2026 21:30:00", "2026-03-01T19:30:40-02:00"):
            with self.subTest(text=text):
                self.assertTrue(is_time(text, AT))
        self.assertFalse(is_time("2026-03-01 21:31", AT))
