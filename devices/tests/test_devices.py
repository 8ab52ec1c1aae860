"""Creating, reading, changing and deleting a device with the API."""

from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404

from accounts.models import User
from accounts.tests.cast import make_user
from accounts.tests.hostile import HostileTestCase
from devices.models import Device, DeviceModel
from devices.services import device_delete, device_update
from devices.tests.builders import device_body, make_device

LIST = "/api/v3/devices/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
INVALID_SLUGS = ("", "bulk", "a b", "é", "a/b", "a.b", "x" * 65, "a\n", "\uff11", "..")


class DeviceTestCase(HostileTestCase):
    manager: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.manager = make_user("manager", "Device managers")

    def post(self, body: Any, status: int = 201) -> dict[str, Any]:
        answer: dict[str, Any] = self.assert_status(self.call("POST", LIST, body, by=self.manager), status)
        return answer


class DeviceCreateTests(DeviceTestCase):
    def test_a_manager_adds_a_device_and_reads_it(self) -> None:
        body = device_body("Meter_7-a", serial="SN 1/é")
        answer = self.post(body)
        row = {**body, "status": "", "place": "", "created_at": answer["created_at"]}
        self.assertEqual(answer, {**row, "updated_at": answer["created_at"]})
        self.assertRegex(answer["created_at"], r"Z$")
        path = "/api/v3" + answer["id"]
        self.assertEqual(self.assert_status(self.call("GET", path, by=self.manager), 200), answer)
        page = self.assert_status(self.call("GET", LIST, by=self.manager), 200)
        self.assertEqual(page, {"next": None, "previous": None, "results": [answer]})

    def test_ids_are_case_sensitive(self) -> None:
        for slug in ("abc", "ABC", "Bulk", "-", "_", "0", "x" * 64):
            self.assertEqual(self.post(device_body(slug))["id"], f"/devices/{slug}")

    def test_assigned_serials_count_up_and_skip_those_of_clients(self) -> None:
        first = int(self.post(device_body("a"))["serial"].removeprefix("A"))
        self.post(device_body("b", serial=f"A{first + 1:09}"))
        self.post(device_body("c", serial=f"A{first + 2:09}"))
        self.assertEqual(self.post(device_body("d"))["serial"], f"A{first + 3:09}")

    def test_a_number_is_never_assigned_twice(self) -> None:
        device = make_device()
        device_delete(device=device)
        self.assertEqual(int(make_device().serial[1:]), int(device.serial[1:]) + 1)

    def test_a_device_created_without_the_service_has_a_serial_too(self) -> None:
        last = int(make_device("b", model_id="m").serial[1:])
        make_device("c", serial=f"A{last + 1:09}")
        device = Device.objects.create(slug="a", model_id="m", name="A", note="-", created_at=AT, updated_at=AT)
        self.assertEqual(device.serial, f"A{last + 2:09}")

    def test_every_missing_field_is_named_at_once(self) -> None:
        self.assertEqual(set(self.post({}, 400)), {"id", "deviceModel", "name", "note"})
        self.assertEqual(set(self.post({"name": "x"}, 400)), {"id", "deviceModel", "note"})

    def test_every_invalid_field_is_named_at_once(self) -> None:
        make_device("a", serial="SN1")
        body = device_body("a", deviceModel="/devices/x", name=" ", note="", serial="SN1")
        self.assertEqual(set(self.post(body, 400)), {"id", "deviceModel", "name", "note", "serial"})
        for slug in INVALID_SLUGS:
            with self.subTest(slug=slug):
                body = device_body(slug, deviceModel=f"/devicemodels/{slug}")
                self.assertEqual(set(self.post(body, 400)), {"id", "deviceModel"})
        for value in ("a", "devices/a", "/devices/a/", "/Devices/a", "http://testserver/devices/a", " /devices/b"):
            with self.subTest(value=value):
                self.assertEqual(set(self.post(device_body(id=value), 400)), {"id"})

    def test_a_serial_is_up_to_64_characters_without_control_characters(self) -> None:
        for serial in ("", " ", "\u3000", "a\tb", "a\nb", "a\x7f", "a\x85b", "x" * 65):
            with self.subTest(serial=serial):
                self.assertEqual(set(self.post(device_body(serial=serial), 400)), {"serial"})
        self.assertEqual(self.post(device_body(serial=" " + "x" * 64 + " "))["serial"], "x" * 64)

    def test_an_existing_id_or_serial_is_named(self) -> None:
        make_device("a", serial="SN1")
        self.assertEqual(set(self.post(device_body("a"), 400)), {"id"})
        self.assertEqual(set(self.post(device_body("b", serial="SN1"), 400)), {"serial"})
        self.assertEqual(set(self.post(device_body("a", serial="SN1", name=""), 400)), {"id", "serial", "name"})

    def test_a_model_is_created_only_with_its_first_device(self) -> None:
        self.post(device_body("a", deviceModel="/devicemodels/new"))
        self.post(device_body("b", deviceModel="/devicemodels/new"))
        self.post(device_body("c", deviceModel="/devicemodels/refused", name=""), 400)
        self.post(device_body("a", deviceModel="/devicemodels/refused"), 400)
        self.assertEqual([model.slug for model in DeviceModel.objects.all()], ["new"])

    def test_hostile_values_are_refused(self) -> None:
        fields = {"id", "deviceModel", "name", "note", "serial"}
        self.assert_fields_refused("POST", LIST, fields, by=self.manager, every=False)  # a note may be 10,000 long
        self.assert_bodies_refused("POST", LIST, by=self.manager)

    def test_the_database_refuses_invalid_slugs_and_serials(self) -> None:
        model = DeviceModel.objects.create(slug="m")
        fields = {"model": model, "name": "A", "note": "-", "created_at": AT, "updated_at": AT}
        for slug in (*INVALID_SLUGS[:-1], "\n"):
            if len(slug) < 65:
                with self.subTest(slug=slug), self.assertRaisesMessage(IntegrityError, "device"), transaction.atomic():
                    Device.objects.create(slug=slug, **fields)
                with self.subTest(slug=slug), self.assertRaisesMessage(IntegrityError, "device"), transaction.atomic():
                    DeviceModel.objects.create(slug=slug)
        for number, serial in enumerate(("", " ", "a\tb", "a\n", "\x7f")):
            with self.subTest(serial=serial), self.assertRaises(IntegrityError), transaction.atomic():
                Device.objects.create(slug=f"s{number}", serial=serial, **fields)


class DeviceChangeTests(DeviceTestCase):
    def setUp(self) -> None:
        self.device = make_device("a", serial="SN1", at=AT)
        self.path = LIST + "a/"

    def change(self, method: str, body: Any, status: int = 200) -> dict[str, Any]:
        answer: dict[str, Any] = self.assert_status(self.call(method, self.path, body, by=self.manager), status)
        return answer

    def test_put_replaces_all_fields_except_the_id(self) -> None:
        body = device_body("a", deviceModel="/devicemodels/new", name="New", note="New note", serial="SN2")
        answer = self.change("PUT", body)
        self.assertEqual(answer, {**answer, **body, "created_at": "2026-03-01T09:30:00Z"})
        self.assertGreater(answer["updated_at"], answer["created_at"])
        self.assertEqual(self.assert_status(self.call("GET", self.path, by=self.manager), 200), answer)

    def test_put_without_a_serial_keeps_it(self) -> None:
        self.assertEqual(self.change("PUT", device_body("a"))["serial"], "SN1")

    def test_patch_changes_only_the_given_fields(self) -> None:
        answer = self.change("PATCH", {"note": "Moved."})
        self.assertEqual((answer["note"], answer["name"], answer["serial"]), ("Moved.", "Parking meter", "SN1"))
        self.assertEqual(self.change("PATCH", {"id": "/devices/a", "serial": "SN1"})["serial"], "SN1")
        self.assertEqual(self.change("PATCH", {"deviceModel": "/devicemodels/m2"})["deviceModel"], "/devicemodels/m2")

    def test_another_id_is_refused(self) -> None:
        make_device("b")
        for other in ("b", "c", "A"):
            for method in ("PUT", "PATCH"):
                with self.subTest(other=other, method=method):
                    self.assertEqual(set(self.change(method, device_body(other, name=""), 400)), {"id", "name"})
        self.assertFalse(Device.objects.filter(pk="c").exists())

    def test_invalid_and_missing_fields_and_an_existing_serial_are_named(self) -> None:
        make_device("b", serial="SN2")
        self.assertEqual(
            set(self.change("PUT", {"serial": "SN2"}, 400)), {"id", "deviceModel", "name", "note", "serial"}
        )
        self.assertEqual(set(self.change("PATCH", {"serial": "SN2", "name": ""}, 400)), {"serial", "name"})
        self.assert_bodies_refused("PUT", self.path, by=self.manager)

    def test_deleting_a_device_keeps_its_model(self) -> None:
        self.assert_status(self.call("DELETE", self.path, by=self.manager), 204)
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            self.assert_status(self.call(method, self.path, {}, by=self.manager), 404)
        self.assertTrue(DeviceModel.objects.exists())

    def test_a_device_that_was_deleted_meanwhile_is_404(self) -> None:
        Device.objects.all().delete()
        with self.assertRaises(Http404):
            device_update(device=self.device, at=AT, name="x")

    def test_the_service_refuses_unknown_fields(self) -> None:
        for field in ("slug", "naem"):
            with self.subTest(field=field), self.assertRaises(TypeError):
                device_update(device=self.device, at=AT, **{field: "x"})


class DeviceAccessTests(DeviceTestCase):
    def test_users_without_permission_are_refused(self) -> None:
        make_device("a")
        calls = [("GET", LIST), ("POST", LIST), ("POST", LIST + "bulk/")]
        calls += [(method, LIST + slug) for slug in ("a/", "missing/") for method in ("GET", "PUT", "PATCH", "DELETE")]
        self.reader.is_staff = True
        self.reader.save()
        for method, path in calls:
            with self.subTest(method=method, path=path):
                self.assert_status(self.call(method, path, {}), 401)
                for by in (self.reader, self.librarian):
                    self.assert_status(self.call(method, path, {}, by=by), 403)

    def test_other_methods_are_not_allowed(self) -> None:
        self.assert_only(LIST, "GET", "POST", by=self.manager)
        self.assert_only(LIST + "bulk/", "POST", by=self.manager)
        self.assert_only(LIST + "a/", "GET", "PUT", "PATCH", "DELETE", by=self.manager)

    def test_an_unknown_or_malformed_id_is_404(self) -> None:
        make_device("a")
        for slug in ("b", "A", "a%0A", "a%20", "%C3%A9", "a.b", "x" * 65, "x" * 5000, "a%00", "%2Fdevices%2Fa"):
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                with self.subTest(slug=slug, method=method):
                    answer = self.call(method, f"{LIST}{slug}/", {}, by=self.manager)
                    self.assertEqual(set(self.assert_status(answer, 404)), {"detail"})


class SerialTests(DeviceTestCase):
    def test_a_serial_is_unique_to_a_reader(self) -> None:
        self.post(device_body("first", serial="SN1"))
        make_device("other", serial="SN2")
        for serial in ("sn1", "\uff33\uff2e\uff11", " SN1\u00a0"):
            with self.subTest(serial=serial):
                self.assertEqual(set(self.post(device_body("second", serial=serial), 400)), {"serial"})
                answer = self.post(device_body("first", serial=serial, name=""), 400)
                self.assertEqual(set(answer), {"id", "name", "serial"})
                answer = self.call("PATCH", f"{LIST}other/", {"serial": serial}, by=self.manager)
                self.assertEqual(set(self.assert_status(answer, 400)), {"serial"})
                rows = [device_body("a", serial=serial), device_body("b", serial="X"), device_body("c", serial="x")]
                errors = self.assert_status(self.call("POST", f"{LIST}bulk/?atomic=true", rows, by=self.manager), 400)
                self.assertEqual([error["index"] for error in errors["errors"]], [0, 2])
        self.assert_status(self.call("PATCH", f"{LIST}first/", {"serial": "sn1"}, by=self.manager), 200)

    def test_assigned_serials_skip_those_that_look_the_same(self) -> None:
        number = int(make_device("first").serial[1:])
        make_device("second", serial=f"a{number + 1:09}")
        make_device("third", serial=f"\uff21{number + 2:09}")
        self.assertEqual(make_device("fourth").serial, f"A{number + 3:09}")
