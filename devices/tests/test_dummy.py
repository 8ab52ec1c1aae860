"""The devices of the dummy data."""

from random import Random

from django.test import TestCase

from accounts.dummy import World
from devices import dummy
from devices.models import Device, DeviceModel
from devices.tests.test_devices import AT


class DummyTests(TestCase):
    def test_the_devices_are_plausible_also_when_created_again(self) -> None:
        for times in (1, 2):
            made = dummy.create(World(random=Random(5), scale=2, at=AT))
            self.assertEqual(Device.objects.count(), 2 * dummy.DEVICES_PER_SCALE * times)
            self.assertEqual(made, 2 * dummy.DEVICES_PER_SCALE + (DeviceModel.objects.count() if times == 1 else 0))
        for device in Device.objects.all():
            self.assertTrue(device.created_at <= device.updated_at <= AT)
        self.assertTrue(Device.objects.filter(serial__regex=r"^A\d{9}$").exists())
        self.assertTrue(Device.objects.exclude(serial__regex=r"^A\d{9}$").exists())
        self.assertFalse(DeviceModel.objects.filter(devices=None).exists())
