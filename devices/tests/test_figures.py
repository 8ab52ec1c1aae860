"""What device managers see at a glance."""

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
    def test_all_and_those_of_this_week(self) -> None:
        for at in (MONDAY - INSTANT, MONDAY, NEXT - INSTANT, NEXT):
            make_device(at=at)
        self.assertEqual(figures_of(devices(at=AT)), {"Devices": 4, "Added this week": 2})

    def test_ten_models_and_the_rest(self) -> None:
        for number in range(12):
            for _ in range(1 if number in (3, 5, 7) else 2):
                make_device(model_id=f"model-{number:02}")
        common = [f"model-{number:02}" for number in (0, 1, 2, 4, 6, 8, 9, 10, 11)]
        expected = {**dict.fromkeys(common, (2,)), "model-03": (1,), "Other models": (2,)}
        chart = chart_of(devices(at=AT))
        self.assertEqual([*chart.items()], [*expected.items()])
        self.assertEqual({device.model_id for device in Device.objects.of_other_models()}, {"model-05", "model-07"})

    def test_without_a_rest_there_is_none(self) -> None:
        for number in range(10):
            make_device(model_id=f"model-{number}")
        self.assertEqual(chart_of(devices(at=AT)), {f"model-{number}": (1,) for number in range(10)})

    def test_without_devices_there_are_zeros(self) -> None:
        self.assertEqual(figures_of(devices(at=AT)), {"Devices": 0, "Added this week": 0})
        self.assertEqual(chart_of(devices(at=AT)), {})
