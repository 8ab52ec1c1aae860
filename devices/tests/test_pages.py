"""The pages of the device registry."""

from datetime import timedelta

from django.contrib.auth.models import Permission

from accounts.models import User
from accounts.tests.browser import HOSTILE, BrowserTestCase
from accounts.tests.cast import make_user
from devices.models import Device
from devices.tests.builders import make_device
from devices.tests.test_devices import AT

LIST = "/devices/"


class DevicePagesTestCase(BrowserTestCase):
    manager: User
    viewer: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.manager = make_user("manager", "Device managers", is_staff=True)
        cls.viewer = make_user("viewer")
        cls.viewer.user_permissions.add(Permission.objects.get(codename="view_device"))


class DeviceListTests(DevicePagesTestCase):
    def slugs(self, query: str = "") -> list[str]:
        return [device.slug for device in self.browser(self.viewer).get(LIST + query).context["page"].rows]

    def test_the_newest_devices_come_first(self) -> None:
        make_device("a-1", at=AT, serial="SN 1")
        make_device("b_2", at=AT + timedelta(days=1), name="Printer", model_id="laser")
        self.assertEqual(self.slugs(), ["b_2", "a-1"])
        content = self.get(LIST, by=self.viewer)
        for text in ("SN 1", "Parking meter", 'href="/devices/b_2/"', 'href="/devices/?deviceModel=laser"'):
            self.assertIn(text, content)

    def test_the_list_can_be_searched_and_keeps_the_values_of_the_form(self) -> None:
        make_device("meter-1", serial="SN 1", status="in_repair", place="Depot", at=AT)
        make_device("meter-2", model_id="other", at=AT)
        for query, found in (
            ("q=mete", ["meter-2", "meter-1"]),
            ("q=meter+1", ["meter-1"]),
            ("serial=SN+1", ["meter-1"]),
            ("serial=SN", []),
            ("deviceModel=other", ["meter-2"]),
            ("deviceModel=/devicemodels/other", ["meter-2"]),
            ("deviceModel=Other", []),
            ("status=in_repair", ["meter-1"]),
            ("place=Depot", ["meter-1"]),
            ("q=meter&place=Depot&status=retired", []),
            ("q=meter&serial=SN+1&deviceModel=other", []),
            ("q=&serial=&deviceModel=&status=&place=&cursor=&page_size=", ["meter-2", "meter-1"]),
        ):
            with self.subTest(query=query):
                self.assertEqual(self.slugs(f"?{query}"), found)
        content = self.get(f"{LIST}?q=mete+x&serial=S&deviceModel=other&status=in_use&place=Depot", by=self.viewer)
        for value in ("mete x", "S", "other", "Depot"):
            self.assertIn(f'value="{value}"', content)
        self.assertIn('<option value="in_use" selected>In use</option>', content)
        self.assertIn("No devices found.", content)

    def test_invalid_values_are_named_and_kept(self) -> None:
        for query, names in (
            ("deviceModel=a%20b", ["deviceModel"]),
            ("deviceModel=bulk&serial=%00&q=" + "x" * 201, ["deviceModel", "serial", "q"]),
        ):
            content = self.get(f"{LIST}?{query}", by=self.viewer, status=400)
            for name in ("q", "serial", "deviceModel"):
                self.assertEqual(f'id="{name}-errors"' in content, name in names)
            self.assertNotIn("No devices found.", content)
        self.assertIn('value="a b"', self.get(f"{LIST}?deviceModel=a%20b", by=self.viewer, status=400))
        self.assertIn("Please search again.", self.get(f"{LIST}?cursor=x", by=self.viewer, status=400))

    def test_the_next_page_begins_after_the_last_row(self) -> None:
        for number in range(22):
            make_device(f"a{number:02}", at=AT)
        client = self.browser(self.viewer)
        first = client.get(f"{LIST}?q=a").context["page"]
        self.assertEqual([device.slug for device in first.rows], [f"a{number:02}" for number in range(21, 1, -1)])
        self.assertEqual([device.slug for device in client.get(first.next).context["page"].rows], ["a01", "a00"])

    def test_hostile_text_is_escaped(self) -> None:
        make_device("a", name=HOSTILE, note=HOSTILE, serial=HOSTILE)
        for path in (LIST, f"{LIST}a/", f"{LIST}?q=%3Cscript%3Ealert(1)", f"{LIST}?deviceModel=%3Cscript%3Ealert(1)"):
            self.assertNotIn("<script>alert", self.browser(self.viewer).get(path).content.decode())

    def test_the_list_takes_as_many_queries_with_one_device_as_with_twenty(self) -> None:
        client = self.browser(self.viewer)
        for rows in (1, 19):
            for _ in range(rows):
                make_device()
            for query, number in (("", 5), ("?q=meter&deviceModel=parkster-200", 6)):
                with self.assertNumQueries(number):  # session, user, two for permissions, keys of a search, devices
                    client.get(LIST + query)


class DeviceTests(DevicePagesTestCase):
    def test_the_page_shows_the_device(self) -> None:
        make_device("Meter_7", serial="SN 1", note="First line.\nSecond line.", at=AT)
        content = self.get(f"{LIST}Meter_7/", by=self.viewer)
        for text in (
            "<h1><bdi>Parking meter</bdi></h1>",
            "SN 1",
            "parkster-200",
            "First line.<br>Second line.",
            "March 1, 2026",
        ):
            self.assertIn(text, content)

    def test_ids_are_case_sensitive(self) -> None:
        for slug in ("a", "A", "-", "__", "x" * 64):
            make_device(slug, name=f"Named {slug}")
            self.assertIn(f"<h1><bdi>Named {slug}</bdi></h1>", self.get(f"{LIST}{slug}/", by=self.viewer))
        for slug in ("b", "bulk", "x" * 65, "%00", "a%2Fb", "ä"):
            self.get(f"{LIST}{slug}/", by=self.viewer, status=404)

    def test_staff_who_may_change_it_see_a_link_to_the_back_office(self) -> None:
        make_device("Meter_7")
        not_staff = make_user("elsewhere", "Device managers")  # has the permission, but may not open the back office
        for by, expected in ((self.manager, True), (self.admin, True), (self.viewer, False), (not_staff, False)):
            with self.subTest(by=by.username):
                content = self.get(f"{LIST}Meter_7/", by=by)
                self.assertEqual('href="/admin/devices/device/Meter_5F7/change/"' in content, expected)
        self.assertEqual(self.browser(self.admin).get("/admin/devices/device/Meter_5F7/change/").status_code, 200)


class DeviceAccessTests(DevicePagesTestCase):
    def test_only_device_managers_see_the_pages(self) -> None:
        make_device("a")
        for path in (LIST, f"{LIST}a/", f"{LIST}nothing/", f"{LIST}?deviceModel=a%20b"):
            for by in (self.reader, self.librarian):
                self.get(path, by=by, status=403)
        self.assert_asks_to_sign_in(LIST, f"{LIST}a/", f"{LIST}nothing/")

    def test_other_methods_are_not_allowed(self) -> None:
        make_device("a")
        for path in (LIST, f"{LIST}a/"):
            self.assert_takes(path, "GET", "HEAD", by=self.manager)
        self.assertTrue(Device.objects.filter(pk="a").exists())
