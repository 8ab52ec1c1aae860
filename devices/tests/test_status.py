"""The status and the place of devices, and the list of models."""

from typing import Any

from django.db import IntegrityError, transaction

from devices.models import Device
from devices.tests.builders import device_body, make_device
from devices.tests.test_devices import LIST, DeviceTestCase

MODELS = "/api/v3/devicemodels/"


class StatusTests(DeviceTestCase):
    def get(self, path: str, status: int = 200) -> Any:
        return self.assert_status(self.call("GET", path, by=self.manager), status)

    def ids(self, query: str) -> list[str]:
        return [row["id"] for row in self.get(f"{LIST}?{query}")["results"]]

    def test_a_device_has_a_status_and_a_place(self) -> None:
        answer = self.post(device_body("a", status="in_repair", place="Mill Lane"))
        self.assertEqual((answer["status"], answer["place"]), ("in_repair", "Mill Lane"))
        path = "/api/v3/devices/a/"
        answer = self.assert_status(self.call("PATCH", path, {"status": "retired"}, by=self.manager), 200)
        self.assertEqual((answer["status"], answer["place"]), ("retired", "Mill Lane"))
        answer = self.assert_status(self.call("PUT", path, device_body("a"), by=self.manager), 200)
        self.assertEqual((answer["status"], answer["place"]), ("retired", "Mill Lane"))
        answer = self.assert_status(self.call("PATCH", path, {"status": "", "place": ""}, by=self.manager), 200)
        self.assertEqual((answer["status"], answer["place"]), ("", ""))

    def test_bulk_takes_both(self) -> None:
        rows = [device_body("a", status="in_use", place="Library"), device_body("b", status="lost")]
        answer = self.assert_status(self.call("POST", f"{LIST}bulk/", rows, by=self.manager), 201)
        self.assertEqual((answer["created"], set(answer["errors"][0])), (["/devices/a"], {"index", "status"}))
        self.assertEqual(Device.objects.get().place, "Library")

    def test_filters(self) -> None:
        make_device("a", status="in_use", place="Library")
        make_device("b", status="in_stock", place="Mill Lane")
        self.assertEqual(self.ids("status=in_use"), ["/devices/a"])
        self.assertEqual(self.ids("place=Mill%20Lane"), ["/devices/b"])
        self.assertEqual(self.ids("place=Library&status=in_stock"), [])
        self.assertEqual(set(self.get(f"{LIST}?status=lost", 400)), {"status"})

    def test_bad_values_are_named(self) -> None:
        body = device_body("a", status="broken", place="x" * 201)
        self.assertEqual(set(self.post(body, 400)), {"status", "place"})
        make_device()
        with self.assertRaises(IntegrityError), transaction.atomic():
            Device.objects.update(status="lost")

    def test_the_models_are_listed_by_id(self) -> None:
        for model in ("b-2", "a-1", "a-2"):
            make_device(model_id=model)
        rows = [row["id"] for row in self.get(MODELS)["results"]]
        self.assertEqual(rows, ["/devicemodels/a-1", "/devicemodels/a-2", "/devicemodels/b-2"])
        self.assertEqual(len(self.get(f"{MODELS}?q=a-")["results"]), 2)
        self.assert_only(MODELS, "GET", by=self.manager)
        self.assert_status(self.call("GET", MODELS, by=self.reader), 403)
