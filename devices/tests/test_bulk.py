"""Adding many devices in one request."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.cast import access_token
from devices.bulk import MAX_ROWS
from devices.models import Device, DeviceModel
from devices.services import ID_EXISTS, SERIAL_EXISTS
from devices.tests.builders import device_body, make_device
from devices.tests.test_devices import LIST, DeviceTestCase

BULK = LIST + "bulk/"
REQUIRED = "This field is required."


class BulkTests(DeviceTestCase):
    def bulk(self, rows: Any, status: int = 201, query: str = "") -> dict[str, Any]:
        answer: dict[str, Any] = self.assert_status(self.call("POST", BULK + query, rows, by=self.manager), status)
        return answer

    def stored(self) -> set[str]:
        return set(Device.objects.values_list("slug", flat=True))

    def test_all_rows_are_stored(self) -> None:
        rows = [device_body("a"), device_body("b", serial="SN1"), device_body("c", deviceModel="/devicemodels/other")]
        self.assertEqual(self.bulk(rows), {"created": ["/devices/a", "/devices/b", "/devices/c"], "errors": []})
        shown = self.assert_status(self.call("GET", LIST + "b/", by=self.manager), 200)
        self.assertEqual(shown, shown | rows[1])
        self.assertEqual(DeviceModel.objects.count(), 2)

    def test_invalid_rows_are_named_by_index_and_the_others_are_stored(self) -> None:
        make_device("existing", serial="SN1")
        make_device("other", serial="SN2")
        rows: list[Any] = [
            device_body("existing"),
            device_body("a"),
            {"id": "/devices/b", "serial": "SN1"},
            "device",
            device_body("c", serial="SN2"),
            device_body("existing", serial="SN1", name=""),
        ]
        answer = self.bulk(rows)
        self.assertEqual(answer["created"], ["/devices/a"])
        errors = {error.pop("index"): error for error in answer["errors"]}
        self.assertEqual(list(errors), [0, 2, 3, 4, 5])
        self.assertEqual(errors[0], {"id": [ID_EXISTS]})
        missing = {"deviceModel": [REQUIRED], "name": [REQUIRED], "note": [REQUIRED]}
        self.assertEqual(errors[2], {**missing, "serial": [SERIAL_EXISTS]})
        self.assertEqual(list(errors[3]), ["non_field_errors"])
        self.assertEqual(errors[4], {"serial": [SERIAL_EXISTS]})
        self.assertEqual(set(errors[5]), {"id", "serial", "name"})
        self.assertEqual(self.stored(), {"existing", "other", "a"})

    def test_a_row_that_repeats_an_earlier_row_is_invalid(self) -> None:
        rows = [
            device_body("a", serial="SN1"),
            device_body("a"),
            device_body("b", serial=" SN1 "),
            device_body("c", name=""),
            device_body("c"),
            device_body("A", serial="sn1"),
            device_body("B", serial="SN2"),
        ]
        answer = self.bulk(rows)
        self.assertEqual(answer["created"], ["/devices/a", "/devices/B"])
        fields = {error["index"]: set(error) - {"index"} for error in answer["errors"]}
        self.assertEqual(fields, {1: {"id"}, 2: {"serial"}, 3: {"name"}, 4: {"id"}, 5: {"serial"}})

    def test_atomic_stores_all_or_none(self) -> None:
        make_device("existing")
        bad_rows: list[Any] = [device_body("existing"), device_body("c", name=""), device_body("a"), []]
        for bad in bad_rows:
            with self.subTest(bad=bad):
                rows = [device_body("a", deviceModel="/devicemodels/new"), bad, device_body("b")]
                answer = self.bulk(rows, 400, "?atomic=true")
                self.assertEqual((answer["created"], [error["index"] for error in answer["errors"]]), ([], [1]))
                self.assertEqual(self.stored(), {"existing"})
                self.assertFalse(DeviceModel.objects.filter(slug="new").exists())
        answer = self.bulk([device_body("a"), device_body("b")], 201, "?atomic=true")
        self.assertEqual(answer, {"created": ["/devices/a", "/devices/b"], "errors": []})

    def test_atomic_names_all_errors(self) -> None:
        make_device("existing")
        answer = self.bulk([device_body("a", name=""), device_body("existing")], 400, "?atomic=true")
        self.assertEqual([error["index"] for error in answer["errors"]], [0, 1])

    def test_the_status_is_400_if_nothing_is_stored(self) -> None:
        self.assertEqual(self.bulk([], 400), {"created": [], "errors": []})
        self.assertEqual(self.bulk([1], 400)["created"], [])
        self.assertFalse(DeviceModel.objects.exists())

    def test_assigned_serials_skip_those_of_the_same_array(self) -> None:
        last = int(make_device().serial[1:])
        rows = [
            device_body("a"),
            device_body("b", serial=f"A{last + 1:09}"),
            device_body("c", serial=f"A{last + 2:09}"),
        ]
        self.assertEqual(len(self.bulk(rows)["created"]), 3)
        self.assertEqual(Device.objects.get(pk="a").serial, f"A{last + 3:09}")

    def test_at_most_a_thousand_rows_are_accepted(self) -> None:
        rows = [device_body(f"a{number}") for number in range(MAX_ROWS + 1)]
        self.assertEqual(list(self.bulk(rows, 400)), ["detail"])
        self.assertEqual(self.stored(), set())
        self.assertEqual(len(self.bulk(rows[:-1])["created"]), 1000)
        self.assertEqual(Device.objects.values("serial").distinct().count(), 1000)

    def test_two_rows_take_as_many_queries_as_three_hundred(self) -> None:
        make_device("existing")
        token = f"Bearer {access_token(self.manager)}"
        counts = set()
        for size in (2, 300):
            good = [device_body(f"{size}-{number}", deviceModel=f"/devicemodels/{number}") for number in range(size)]
            bad = [device_body("existing", serial=f"{size}-{number}") for number in range(size)]
            with CaptureQueriesContext(connection) as captured:
                answer = self.call("POST", BULK, [*good, *bad, *good, {}], authorization=token)
            self.assertEqual(len(self.assert_status(answer, 201)["created"]), size)
            counts.add(len(captured))
        self.assertEqual(len(counts), 1, counts)

    def test_a_body_that_is_not_an_array_and_an_invalid_flag_are_400(self) -> None:
        for body in ({}, "x", 1, None, {"0": device_body()}):
            self.assertEqual(list(self.bulk(body, 400)), ["detail"])
        self.assert_bodies_refused("POST", BULK, by=self.manager)
        self.assertEqual(list(self.bulk([device_body()], 400, "?atomic=perhaps")), ["atomic"])
        self.assertEqual(self.stored(), set())

    def test_malformed_rows_are_named_by_index(self) -> None:
        malformed: list[Any] = [
            None,
            True,
            1,
            [],
            "\ud800",
            {},
            {"id": []},
            {"id": {}, "serial": {}},
            {"serial": "\ud800"},
        ]
        malformed += [device_body(id="\0"), device_body("a", serial=["x"]), device_body("a", name={"a": 1})]
        answer = self.bulk([*malformed, device_body("b")])
        self.assertEqual(answer["created"], ["/devices/b"])
        self.assertEqual([error["index"] for error in answer["errors"]], list(range(len(malformed))))
