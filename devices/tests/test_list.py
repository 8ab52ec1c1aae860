"""The list of devices in the API: order, filters, search and cost."""

from datetime import timedelta

from django.db import connection
from django.test import tag

from accounts.tests.cast import access_token
from devices.models import Device, DeviceModel
from devices.tests.builders import make_device
from devices.tests.test_devices import AT, LIST, DeviceTestCase


class DeviceListTests(DeviceTestCase):
    def slugs(self, query: str = "") -> list[str]:
        answer = self.assert_status(self.call("GET", LIST + query, by=self.manager), 200)
        return [device["id"].removeprefix("/devices/") for device in answer["results"]]

    def test_devices_are_sorted_by_time_then_by_id_both_descending(self) -> None:
        for slug, minutes in (("b", 0), ("a", 0), ("c", -1), ("d", 1)):
            make_device(slug, at=AT + timedelta(minutes=minutes))
        self.assertEqual(self.slugs(), ["d", "b", "a", "c"])
        page = self.assert_status(self.call("GET", LIST + "?page_size=2", by=self.manager), 200)
        self.assertEqual(self.slugs(page["next"].partition("/devices/")[2]), ["a", "c"])

    def test_the_list_can_be_filtered(self) -> None:
        make_device("a", model_id="m1", serial="SN 1")
        make_device("b", model_id="m1", serial="SN 2")
        make_device("c", model_id="M1")
        for query, found in {
            "?deviceModel=/devicemodels/m1": {"a", "b"},
            "?deviceModel=m1": {"a", "b"},
            "?deviceModel=%2Fdevicemodels%2FM1": {"c"},
            "?deviceModel=unknown": set(),
            "?serial=SN+1": {"a"},
            "?serial=sn+1": {"a"},
            "?serial=SN": set(),
            "?deviceModel=m1&serial=sn+2": {"b"},
        }.items():
            with self.subTest(query=query):
                self.assertEqual(set(self.slugs(query)), found)

    def test_each_word_of_the_query_begins_a_word_of_id_name_or_note(self) -> None:
        make_device("meter-market_7", name="Parkuhr Größe L", note="Takes coins.")
        make_device("printer-2", name="Printer", note="Second floor.")
        for query, found in {
            "?q=market": ["meter-market_7"],
            "?q=7+coin": ["meter-market_7"],
            "?q=GR%C3%B6": ["meter-market_7"],
            "?q=rinter": [],
            "?q=coins+printer": [],
            "?q=meter-market_7": ["meter-market_7"],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.slugs(query), found)

    def test_invalid_parameters_are_named_at_once(self) -> None:
        answer = self.call(
            "GET", LIST + "?deviceModel=/devices/a&serial=%00&page_size=x&q=%00&cursor=x", by=self.manager
        )
        self.assertEqual(set(self.assert_status(answer, 400)), {"deviceModel", "serial", "page_size", "q", "cursor"})
        for value in ("", "bulk", "a%20b", "/devicemodels/", "x" * 65):
            answer = self.call("GET", f"{LIST}?deviceModel={value}", by=self.manager)
            self.assertEqual(set(self.assert_status(answer, 400)), {"deviceModel"})

    def test_the_list_takes_as_many_queries_with_ten_devices_as_with_a_thousand(self) -> None:
        token = f"Bearer {access_token(self.manager)}"
        models = DeviceModel.objects.bulk_create(DeviceModel(slug=f"m{number}") for number in range(50))
        for rows in (10, 1000):
            Device.objects.bulk_create(
                Device(
                    slug=f"{rows}-{number}", model=models[number % 50], name="1", note="1", created_at=AT, updated_at=AT
                )
                for number in range(rows)
            )
            for query in ("", "&q=1", "&deviceModel=m1", "&serial=x"):
                number = 5 if "q=" in query else 4  # three read the user, and a search reads the keys first
                with self.subTest(rows=rows, query=query), self.assertNumQueries(number):
                    self.call("GET", f"{LIST}?page_size=100{query}", authorization=token)

    @tag("slow")
    def test_each_filter_has_an_index(self) -> None:
        DeviceModel.objects.bulk_create(DeviceModel(slug=f"m{number}") for number in range(100))
        Device.objects.bulk_create(
            Device(
                slug=f"a{number}",
                model_id=f"m{number % 100}",
                name=f"word{number}",
                note="1",
                created_at=AT + timedelta(minutes=number),
                updated_at=AT,
            )
            for number in range(3000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE devices_device")
            # New rows are in the pending list of the GIN index, which makes it look expensive.
            cursor.execute("SET LOCAL enable_seqscan = off")
        for rows, index in (
            (Device.objects.all()[:20], "device_newest"),
            (Device.objects.filter(model="m7")[:20], "device_by_model"),
            (Device.objects.filter(serial="m")[:20], "devices_device_serial"),
            (Device.objects.search("word77")[:20], "device_search"),
        ):
            with self.subTest(index=index):
                self.assertIn(index, rows.explain())
