"""Texts that firmware and people enter where a device has no serial."""

from typing import Any

from django.urls import reverse

from devices.models import Device
from devices.serials import is_placeholder
from devices.tests.builders import device_body, make_device
from devices.tests.test_admin import ADD, FORM, DeviceAdminTestCase
from devices.tests.test_devices import AT, LIST, DeviceTestCase

NUMBER = r"^A\d{9}$"
PLACEHOLDERS = (
    "N/A",
    "n/a ",
    "To be filled by O.E.M.",
    "To Be  Filled By O.E.M.",
    "None",
    "0",
    "00000000",
    "Default string",
    "System Serial Number",
    "Not Specified",
    "Ｎ／Ａ",  # noqa: RUF001
    "-",
    "???",
    "................",
)
SERIALS = ("SN1", "A000000001", "10", "0010", "NA-7", "None-1", "X", "O", "123456789", "#1")


class SerialTests(DeviceTestCase):
    def change(self, method: str, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.assert_status(self.call(method, f"{LIST}a/", body, by=self.manager), 200)
        return answer

    def test_placeholders_are_told_from_serials(self) -> None:
        self.assertEqual([text for text in PLACEHOLDERS if not is_placeholder(text)], [])
        self.assertEqual([text for text in SERIALS if is_placeholder(text)], [])

    def test_a_new_device_gets_the_next_number_for_null_and_for_a_placeholder(self) -> None:
        for number, serial in enumerate((None, *PLACEHOLDERS)):
            with self.subTest(serial=serial):
                self.assertRegex(self.post(device_body(f"a{number}", serial=serial))["serial"], NUMBER)

    def test_rows_of_a_bulk_may_repeat_a_placeholder(self) -> None:
        rows = [device_body(f"a{number}", serial=serial) for number, serial in enumerate(("N/A", "N/A", None, "0"))]
        answer = self.assert_status(self.call("POST", f"{LIST}bulk/", rows, by=self.manager), 201)
        self.assertEqual(answer["errors"], [])
        self.assertEqual(len(set(Device.objects.values_list("serial", flat=True))), 4)

    def test_an_existing_device_keeps_its_serial(self) -> None:
        make_device("a", serial="SN1")
        for serial in (None, "N/A"):
            self.assertEqual(self.change("PATCH", serial=serial)["serial"], "SN1")
            self.assertEqual(self.change("PUT", **device_body("a", serial=serial))["serial"], "SN1")

    def test_a_stored_placeholder_can_still_be_found_and_saved(self) -> None:
        make_device("a", serial="N/A")
        self.assertEqual(self.change("PATCH", name="New")["serial"], "N/A")
        found = self.assert_status(self.call("GET", f"{LIST}?serial=N/A", by=self.manager), 200)["results"]
        self.assertEqual([device["id"] for device in found], ["/devices/a"])


class SerialFormTests(DeviceAdminTestCase):
    def test_the_form_takes_a_placeholder_for_an_empty_field(self) -> None:
        make_device("b", serial="SN1", at=AT)
        self.assertEqual(self.client.post(ADD, {**FORM, "serial": "N/A"}).status_code, 302)
        self.assertRegex(Device.objects.get(pk="a").serial, NUMBER)
        page = reverse("admin:devices_device_change", args=["b"])
        self.assertEqual(self.client.post(page, {**FORM, "name": "New", "serial": "None"}).status_code, 302)
        device = Device.objects.get(pk="b")
        self.assertEqual((device.name, device.serial), ("New", "SN1"))
