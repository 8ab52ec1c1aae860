"""Times in the lists of the back office."""

from datetime import UTC, datetime

from django.test import SimpleTestCase, override_settings
from django.utils.translation import override

from common.admin.times import short_time


@override_settings(TIME_ZONE="UTC")
class TimeTests(SimpleTestCase):
    def test_a_line_breaks_only_between_the_date_and_the_time(self) -> None:
        for language, shown in (
            ("en", "March\xa09,\xa02026, 2:05\xa0PM"),
            ("en-gb", "9\xa0Mar\xa02026, 2:05\xa0PM"),
            ("es", "9\xa0mar\xa02026, 14:05"),
        ):
            with self.subTest(language=language), override(language):
                self.assertEqual(short_time(datetime(2026, 3, 9, 14, 5, tzinfo=UTC)), shown)
