"""Days, weeks and their lookups."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.test import SimpleTestCase
from django.utils import timezone

from common.days import in_week, last_days, last_weeks, on_day, week_begin

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday


class DaysTests(SimpleTestCase):
    def test_a_week_begins_on_monday(self) -> None:
        for day in range(2, 9):
            self.assertEqual(week_begin(date(2026, 3, day)), date(2026, 3, 2))
        self.assertEqual(week_begin(date(2026, 3, 9)), date(2026, 3, 9))

    def test_the_last_days_end_with_today(self) -> None:
        self.assertEqual(last_days(3, at=AT), [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)])
        with timezone.override(ZoneInfo("Pacific/Kiritimati")):
            self.assertEqual(last_days(1, at=datetime(2026, 3, 4, 10, tzinfo=UTC)), [date(2026, 3, 5)])

    def test_the_last_weeks_end_with_this_one(self) -> None:
        self.assertEqual(last_weeks(2, at=AT), [date(2026, 2, 23), date(2026, 3, 2)])
        with timezone.override(ZoneInfo("Pacific/Kiritimati")):
            self.assertEqual(last_weeks(1, at=datetime(2026, 3, 1, 10, tzinfo=UTC)), [date(2026, 3, 2)])

    def test_a_day_lasts_until_the_next_begins(self) -> None:
        with timezone.override(ZoneInfo("Europe/Berlin")):  # where the 29th of March has 23 hours
            self.assertEqual(
                on_day("paid", date(2026, 3, 29)).lookups,
                {"paid__gte": datetime(2026, 3, 28, 23, tzinfo=UTC), "paid__lt": datetime(2026, 3, 29, 22, tzinfo=UTC)},
            )

    def test_a_week_lasts_seven_days(self) -> None:
        self.assertEqual(
            in_week("paid", date(2026, 3, 4)).lookups,
            {"paid__gte": datetime(2026, 3, 2, tzinfo=UTC), "paid__lt": datetime(2026, 3, 9, tzinfo=UTC)},
        )
