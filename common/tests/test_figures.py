"""The data and options of charts for Chart.js."""

import json
from typing import Any

from django.test import SimpleTestCase

from common.admin.figures import Chart, Number, Point


def chart(*series: str, label: str = "May", value: int = 1, **fields: Any) -> Chart:
    return Chart("Title", "Axis", series, [Point(label, [Number(value, "/") for _ in series])], "Empty.", **fields)


class ChartTests(SimpleTestCase):
    def options(self, drawn: Chart) -> Any:
        return json.loads(drawn.options)

    def test_each_series_has_a_color_of_its_own(self) -> None:
        colors = [row["backgroundColor"] for row in json.loads(chart("Valid", "Void").data)["datasets"]]
        self.assertEqual(len(set(colors)), 2)

    def test_a_long_label_is_cut_only_on_the_axis(self) -> None:
        drawn = chart("Devices", label="x" * 64)
        self.assertEqual(json.loads(drawn.data)["labels"], ["x" * 17 + "…"])
        self.assertEqual(drawn.points[0].label, "x" * 64)

    def test_only_several_series_have_a_legend(self) -> None:
        for drawn, is_shown in ((chart("Rentals"), False), (chart("Valid", "Void"), True)):
            self.assertIs(self.options(drawn)["plugins"]["legend"]["display"], is_shown)

    def test_a_vertical_chart_skips_labels_without_room(self) -> None:
        options = self.options(chart("Rentals"))
        self.assertEqual(options["indexAxis"], "x")
        self.assertIs(options["scales"]["x"]["ticks"]["autoSkip"], True)
        self.assertEqual([options["scales"][axis]["grid"] for axis in "xy"], [{"display": False}, {}])

    def test_a_horizontal_chart_shows_every_label(self) -> None:
        options = self.options(chart("Devices", is_horizontal=True))
        self.assertEqual(options["indexAxis"], "y")
        self.assertIs(options["scales"]["y"]["ticks"]["autoSkip"], False)
        self.assertEqual([options["scales"][axis]["grid"] for axis in "yx"], [{"display": False}, {}])

    def test_a_chart_of_zeros_has_no_values(self) -> None:
        self.assertFalse(chart("Valid", "Void", value=0).has_values)
        self.assertTrue(chart("Valid", "Void").has_values)
