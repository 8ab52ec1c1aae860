"""The coordinates of the chart."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.test import SimpleTestCase
from django.utils import translation

from common.templatetags.numbers import plain
from scores.chart import (
    HEIGHT,
    MARGIN_BOTTOM,
    MARGIN_RIGHT,
    MARGIN_TOP,
    WIDTH,
    Chart,
    chart_of,
    levels_around,
    round_step,
)
from scores.models import MAX_SCORE, Score

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def chart(*oldest_first: str) -> Chart:
    scores = [
        Score(score=Decimal(score), date_submitted=AT + timedelta(days=number))
        for number, score in enumerate(oldest_first)
    ]
    found = chart_of(scores[::-1])
    assert found is not None  # noqa: S101  for mypy
    return found


class ChartTests(SimpleTestCase):
    def test_there_is_no_chart_without_scores(self) -> None:
        self.assertIsNone(chart_of([]))

    def test_points_run_from_the_oldest_to_the_newest(self) -> None:
        found = chart("10", "30", "20")
        self.assertEqual([point.score.score for point in found.points], [10, 30, 20])
        self.assertEqual((found.left, found.right), (2 * 7 + 8, WIDTH - MARGIN_RIGHT))
        self.assertEqual([point.x for point in found.points], [22, 185, 348])
        self.assertEqual(
            [point.y for point in found.points],
            [HEIGHT - MARGIN_BOTTOM, MARGIN_TOP, (HEIGHT - MARGIN_BOTTOM + MARGIN_TOP) / 2],
        )
        self.assertEqual(found.path, "22.0,174.0 185.0,10.0 348.0,92.0")
        self.assertEqual([(mark.x, mark.time, mark.anchor) for mark in found.marks], [
            (22, AT, "start"), (348, AT + timedelta(days=2), "end"),
        ])  # fmt: skip

    def test_a_single_score_is_in_the_middle(self) -> None:
        found = chart("7")
        self.assertEqual([(point.x, point.y) for point in found.points], [(round((22 - 7 + 348) / 2, 1), 92)])
        self.assertEqual([(mark.x, mark.anchor) for mark in found.marks], [(found.points[0].x, "middle")])
        self.assertEqual([line.label for line in found.lines], ["6", "7", "8"])

    def test_lines_are_at_round_numbers_around_all_scores(self) -> None:
        for values, levels in (
            (("0", "100"), ("0", "50", "100")),
            (("3", "97"), ("0", "50", "100")),
            (("-3", "14"), ("-5", "0", "5", "10", "15")),
            (("-97", "-3"), ("-100", "-50", "0")),
            (("0.1", "0.5"), ("0.1", "0.2", "0.3", "0.4", "0.5")),
            (("5", "5"), ("4", "5", "6")),
            (("5.5", "5.5"), ("5", "6")),
            (("-5.5", "-5.5"), ("-6", "-5")),
        ):
            with self.subTest(values=values):
                self.assertEqual(
                    levels_around([Decimal(value) for value in values]), [Decimal(level) for level in levels]
                )

    def test_steps_are_one_two_or_five_times_a_power_of_ten(self) -> None:
        for size, step in (("0", "1"), ("1", "1"), ("1.01", "2"), ("23", "50"), ("51", "100"), ("0.003", "0.005")):
            self.assertEqual(round_step(Decimal(size)), Decimal(step))

    def test_the_smallest_difference_of_the_largest_scores_is_visible(self) -> None:
        largest, step = Decimal(MAX_SCORE), Decimal("1e-20")
        for low, high in (
            (largest - 1, largest - 1 + step),
            (-largest, largest),
            (Decimal(0), step),
            (-largest, -largest),
        ):
            found = chart(str(low), f"{high:f}")
            self.assertLessEqual(len(found.lines), 6)
            heights = [point.y for point in found.points]
            self.assertTrue(all(MARGIN_TOP <= height <= HEIGHT - MARGIN_BOTTOM for height in heights))
            self.assertEqual(heights[0] > heights[1], low < high)


class PlainTests(SimpleTestCase):
    def test_all_digits_without_trailing_zeros(self) -> None:
        for number, text in {
            "42.00000000000000000000": "42",
            "1.50": "1.5",
            "-1234567.25": "-1,234,567.25",
            "1E+3": "1,000",
            "0E-20": "0",
            "9007199254740993": "9,007,199,254,740,993",
            "1234567890123456.12345678901234567891": "1,234,567,890,123,456.12345678901234567891",
        }.items():
            self.assertEqual(plain(Decimal(number)), text)

    def test_in_the_readers_language(self) -> None:
        with translation.override("es"):
            self.assertEqual(plain(Decimal("-1234567.25")).replace("\xa0", "."), "-1.234.567,25")
