"""Serializer fields for integers, numbers, times and money."""

import datetime
import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.test import SimpleTestCase
from django.utils import timezone
from rest_framework import serializers

from common.api.fields import (
    MAX_BIGINT,
    AfterField,
    BeforeField,
    DateTimeField,
    IntegerField,
    MoneyField,
    NumberField,
)

UTC = datetime.UTC
JUNK: list[Any] = [
    True,
    False,
    [],
    {},
    [1],
    {"a": 1},
    object(),
    b"1",
    "",
    " ",
    "x",
    "\0",
    "\ud800",
    "1\x002",
    "null",
    "None",
]
WIDE = "\uff11\uff12"  # digits of another script, which Python's int() accepts
ARABIC = "\u0661\u0662"


class FieldTestCase(SimpleTestCase):
    def assert_refused(self, field: serializers.Field[Any, Any, Any, Any], values: list[Any]) -> None:
        for value in values:
            with self.subTest(value=repr(value)[:60]), self.assertRaises(serializers.ValidationError):
                field.run_validation(value)


class IntegerTests(FieldTestCase):
    def test_integers_and_their_digits(self) -> None:
        for value, expected in (
            (0, 0),
            (-5, -5),
            ("7", 7),
            ("+7", 7),
            (" 7 ", 7),
            ("007", 7),
            (MAX_BIGINT, MAX_BIGINT),
        ):
            with self.subTest(value=value):
                result = IntegerField().run_validation(value)
                self.assertEqual(result, expected)
                self.assertIs(type(result), int)

    def test_other_values_are_refused(self) -> None:
        self.assert_refused(IntegerField(), JUNK)
        self.assert_refused(IntegerField(), [1.0, 1.5, float("nan"), float("inf"), 1e400, Decimal(1), None])
        self.assert_refused(
            IntegerField(), ["1.0", "1e2", "1_000", "0x10", "1,000", "--1", "+-1", WIDE, ARABIC, "\u00b2"]
        )
        self.assert_refused(IntegerField(), ["1 2", "1\n2", "NaN", "Infinity", "\u22121", "1\u200b"])

    def test_integers_beyond_64_bits_are_refused(self) -> None:
        self.assert_refused(IntegerField(), [2**63, -(2**63) - 1, 2**64, 10**399])
        with self.assertRaises(serializers.ValidationError):
            IntegerField().run_validation(-(10**4999))  # more digits than Python converts to a string
        self.assert_refused(IntegerField(), [str(2**63), "9" * 19, "9" * 400, "9" * 5000, "1" * 1_000_000])

    def test_limits_of_the_field_apply(self) -> None:
        self.assert_refused(IntegerField(min_value=1, max_value=100), [0, 101, -1, "0", "101"])


class NumberTests(FieldTestCase):
    def test_numbers_and_their_digits(self) -> None:
        for value, expected in (
            (0, "0"),
            (-5, "-5"),
            (0.1, "0.1"),
            (0.57, "0.57"),
            (1e300, "1e300"),
            (5e-324, "5e-324"),
            (2**53 + 1, "9007199254740993"),
            (10**300, "1e300"),
            ("1.5", "1.5"),
            (" 2 ", "2"),
            ("+1e3", "1000"),
            ("-1E-3", "-0.001"),
            ("0.12345678901234567890", "0.12345678901234567890"),
        ):
            with self.subTest(value=value):
                result = NumberField().run_validation(value)
                self.assertIs(type(result), Decimal)
                self.assertEqual(result, Decimal(expected))

    def test_other_values_are_refused(self) -> None:
        self.assert_refused(NumberField(), JUNK)
        self.assert_refused(NumberField(), [None, float("nan"), float("inf"), -float("inf"), 1e400])
        self.assert_refused(NumberField(), ["NaN", "sNaN", "Infinity", "-inf", "1e400", "1e999", "1e1000", "-1E309"])
        self.assert_refused(
            NumberField(),
            ["1_000", "0x10", "1,5", "--1", "1.", ".5", "1e", "e1", WIDE, ARABIC, "1 2", "1\n2", "\u22121"],
        )
        self.assert_refused(NumberField(), [10**309, -(10**4299), "9" * 21, "0." + "1" * 21, "1" * 1_000_000])

    def test_limits_of_the_field_apply(self) -> None:
        field = NumberField(min_value=-(2**53), max_value=2**53)
        self.assert_refused(field, [2**53 + 1, -(2**53) - 1, f"{2**53}.00000000000000000001", "1e16"])
        self.assertEqual(field.run_validation(str(2**53)), 2**53)

    def test_numbers_are_written_as_json_numbers(self) -> None:
        for value, expected in (
            ("42.00000000000000000000", "42"),
            ("9007199254740993.0", "9007199254740993"),
            ("-0.0", "0"),
            ("1.57", "1.57"),
            ("-0.5", "-0.5"),
        ):
            with self.subTest(value=value):
                self.assertEqual(json.dumps(NumberField().to_representation(Decimal(value))), expected)


class DateTimeTests(FieldTestCase):
    def test_any_offset_is_converted_to_utc(self) -> None:
        expected = datetime.datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
        for text in (
            "2026-11-21T09:30:00Z",
            "2026-11-21T10:30:00+01:00",
            "2026-11-21 04:00-05:30",
            "2026-11-21T09:30Z",
        ):
            with self.subTest(text=text):
                value = DateTimeField().run_validation(text)
                self.assertEqual(value, expected)
                self.assertEqual(value.utcoffset(), datetime.timedelta(0))

    def test_a_time_without_an_offset_is_refused(self) -> None:
        for text in ("2026-11-21T09:30:00", "2026-11-21 09:30", "2026-11-21"):
            with self.subTest(text=text), self.assertRaisesMessage(serializers.ValidationError, "offset"):
                DateTimeField().run_validation(text)

    def test_the_years_1900_to_9999(self) -> None:
        for text in ("1900-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1899-12-31T23:00:00-01:00"):
            with self.subTest(text=text):
                self.assertIn(DateTimeField().run_validation(text).year, (1900, 9999))
        outside = [
            "1899-12-31T23:59:59Z",
            "1900-01-01T00:00:00+01:00",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+05:00",
        ]
        outside += [
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "-2026-01-01T00:00:00Z",
        ]
        self.assert_refused(DateTimeField(), outside)

    def test_a_time_that_no_page_can_show_is_refused(self) -> None:
        last = "9999-12-31T23:59:59Z"
        with timezone.override(ZoneInfo("Europe/Madrid")):
            self.assert_refused(DateTimeField(), [last])
            self.assertEqual(DateTimeField().run_validation("9999-12-31T22:59:59Z").year, 9999)
            self.assertEqual(BeforeField().run_validation(last).year, 9999)

    def test_other_values_are_refused(self) -> None:
        self.assert_refused(DateTimeField(), JUNK)
        self.assert_refused(DateTimeField(), [0, 1_700_000_000, 1e400, 10**400, None, "now", "9" * 100_000])
        times = ["2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-21T25:00:00Z", "2026-11-21T09:60:00Z"]
        times += [
            "2026-11-21T09:30:61Z",
            "2026-11-21T09:30:00+25:00",
            "2026-11-21T09:30:00+99:99",
            "2026-11-21T09:30:00 Z Z",
        ]
        times += [f"\uff12\uff10\uff12\uff16-{WIDE}-{WIDE}T09:30:00Z", f"2026-{ARABIC}-21T09:30:00Z"]
        self.assert_refused(DateTimeField(), times)

    def test_it_is_written_in_utc_with_z(self) -> None:
        local = datetime.datetime(2026, 7, 1, 12, 0, tzinfo=ZoneInfo("America/New_York"))
        self.assertEqual(DateTimeField().to_representation(local), "2026-07-01T16:00:00Z")
        exact = datetime.datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=UTC)
        self.assertEqual(DateTimeField().to_representation(exact), "2026-07-01T12:00:00.000005Z")


class DayTests(FieldTestCase):
    """In filters, a day of TIME_ZONE may stand for its beginning."""

    def test_a_day_begins_at_midnight_in_the_town(self) -> None:
        for zone, beginning in (
            ("UTC", "2026-11-28T00:00:00Z"),
            ("Europe/Madrid", "2026-11-27T23:00:00Z"),
            ("America/New_York", "2026-11-28T05:00:00Z"),
        ):
            with self.subTest(zone=zone), timezone.override(ZoneInfo(zone)):
                expected = datetime.datetime.fromisoformat(beginning)
                self.assertEqual(BeforeField().run_validation("2026-11-28"), expected)
                after = AfterField().run_validation("2026-11-28")
                self.assertEqual(after + datetime.timedelta.resolution, expected)

    def test_a_time_is_taken_as_it_is(self) -> None:
        for field in (BeforeField(), AfterField()):
            self.assertEqual(
                field.run_validation("2026-11-21T10:30:00+01:00"), datetime.datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
            )

    def test_other_days_are_refused(self) -> None:
        for field in (BeforeField(), AfterField()):
            self.assert_refused(field, JUNK)
            self.assert_refused(field, ["2026-02-30", "2026-13-01", "1899-12-31", "0000-01-01", "10000-01-01"])
            self.assert_refused(field, ["20261128", "2026-W48-6", "28/11/2026", f"2026-{ARABIC}-21", "2026-11"])
            with timezone.override(ZoneInfo("America/New_York")):
                self.assertEqual(field.run_validation("9999-12-31").year, 9999)


class MoneyTests(FieldTestCase):
    def test_plain_amounts(self) -> None:
        for value, expected in (
            ("4.50", "4.50"),
            ("4.5", "4.50"),
            ("4", "4.00"),
            (4, "4.00"),
            (4.5, "4.50"),
            ("-1", "-1.00"),
        ):
            with self.subTest(value=value):
                amount = MoneyField().run_validation(value)
                self.assertEqual(MoneyField().to_representation(amount), expected)
        self.assertEqual(MoneyField().run_validation("99999999.99"), Decimal("99999999.99"))

    def test_other_values_are_refused(self) -> None:
        self.assert_refused(MoneyField(), JUNK)
        names = ["NaN", "sNaN", "-NaN", "NaN123", "Infinity", "-Infinity", "inf", "nan"]
        self.assert_refused(MoneyField(), [*names, *map(Decimal, names)])
        self.assert_refused(MoneyField(), [float("nan"), float("inf"), 1e400, 1e22, 10**400, None])
        self.assert_refused(
            MoneyField(), ["1e2", "1E2", "1e999999999", "1_000", WIDE, f"{ARABIC}.00", "1,00", "$1", "1.", ".5"]
        )
        self.assert_refused(MoneyField(), ["0x10", "--1", "1 2", "1.0.0", "9" * 100_000, "\u22121.00", Decimal("1E+2")])

    def test_an_amount_has_two_places_and_ten_digits(self) -> None:
        self.assert_refused(
            MoneyField(), ["0.001", "1.005", "4.500", "100000000.00", "100000000", 4.505, "0.0000000001"]
        )

    def test_limits_of_the_field_apply(self) -> None:
        bounded = MoneyField(min_value=Decimal("0.01"), max_value=Decimal("99999999.99"))
        self.assert_refused(bounded, ["0", "0.00", "-0.01", "-0", "100000000.00"])

    def test_it_is_written_as_a_string(self) -> None:
        for value, expected in ((Decimal(0), "0.00"), (Decimal("1E+2"), "100.00"), (Decimal("-0.10"), "-0.10")):
            with self.subTest(value=value):
                text = json.dumps(MoneyField(max_digits=14).to_representation(value))
                self.assertEqual(text, f'"{expected}"')
