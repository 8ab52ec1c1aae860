"""The devices on the dashboard."""

from datetime import UTC, datetime, timedelta

from django.test import TestCase

from common.tests.figures import chart_of, figures_of
from devices.figures import devices
from devices.models import Device
from devices.tests.builders import make_device

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
MONDAY, NEXT = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


class DeviceFiguresTests(TestCase):
    def test_the_devices_and_those_added_this_week_are_counted(self) -> None:
        for at in (MONDAY - INSTANT, MONDAY, NEXT - INSTANT, NEXT):
            make_device(at=at)
        self.assertEqual(figures_of(devices(at=AT)), {"Devices": 4, "Added this week": 2})

    def test_the_chart_shows_ten_models_and_the_sum_of_the_others(self) -> None:
        for number in range(12):
            for _ in range(1 if number in (3, 5, 7) else 2):
                make_device(model_id=f"model-{number:02}")
        common = [f"model-{number:02}" for number in (0, 1, 2, 4, 6, 8, 9, 10, 11)]
        expected = {**dict.fromkeys(common, (2,)), "model-03": (1,), "Other models": (2,)}
        chart = chart_of(devices(at=AT))
        self.assertEqual([*chart.items()], [*expected.items()])
        self.assertEqual({device.model_id for device in Device.objects.of_other_models()}, {"model-05", "model-07"})

    def test_ten_models_have_no_sum_of_others(self) -> None:
        for number in range(10):
            make_device(model_id=f"model-{number}")
        self.assertEqual(chart_of(devices(at=AT)), {f"model-{number}": (1,) for number in range(10)})

    def test_without_devices_the_figures_are_zero(self) -> None:
        self.assertEqual(figures_of(devices(at=AT)), {"Devices": 0, "Added this week": 0})
        self.assertEqual(chart_of(devices(at=AT)), {})
