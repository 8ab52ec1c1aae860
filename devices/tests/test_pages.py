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

    def test_newest_first_with_what_tells_them_apart(self) -> None:
        make_device("a-1", at=AT, serial="SN 1")
        make_device("b_2", at=AT + timedelta(days=1), name="Printer", model_id="laser")
        self.assertEqual(self.slugs(), ["b_2", "a-1"])
        content = self.get(LIST, by=self.viewer)
        for text in ("SN 1", "Parking meter", 'href="/devices/b_2/"', 'href="/devices/?deviceModel=laser"'):
            self.assertIn(text, content)

    def test_searches_and_filters_which_stay_in_the_form(self) -> None:
        make_device("meter-1", serial="SN 1", at=AT)
        make_device("meter-2", model_id="other", at=AT)
        for query, found in (
            ("q=mete", ["meter-2", "meter-1"]),
            ("q=meter+1", ["meter-1"]),
            ("serial=SN+1", ["meter-1"]),
            ("serial=SN", []),
            ("deviceModel=other", ["meter-2"]),
            ("deviceModel=/devicemodels/other", ["meter-2"]),
            ("deviceModel=Other", []),
            ("q=meter&serial=SN+1&deviceModel=other", []),
            ("q=&serial=&deviceModel=&cursor=&page_size=", ["meter-2", "meter-1"]),
        ):
            with self.subTest(query=query):
                self.assertEqual(self.slugs(f"?{query}"), found)
        content = self.get(f"{LIST}?q=mete+x&serial=S&deviceModel=other", by=self.viewer)
        for value in ("mete x", "S", "other"):
            self.assertIn(f'value="{value}"', content)
        self.assertIn("No device is found.", content)

    def test_what_is_wrong_is_named_and_kept(self) -> None:
        for query, names in (
            ("deviceModel=a%20b", ["deviceModel"]),
            ("deviceModel=bulk&serial=%00&q=" + "x" * 201, ["deviceModel", "serial", "q"]),
        ):
            content = self.get(f"{LIST}?{query}", by=self.viewer, status=400)
            for name in ("q", "serial", "deviceModel"):
                self.assertEqual(f'id="{name}-errors"' in content, name in names)
            self.assertNotIn("No device is found.", content)
        self.assertIn('value="a b"', self.get(f"{LIST}?deviceModel=a%20b", by=self.viewer, status=400))
        self.assertIn("Please search again.", self.get(f"{LIST}?cursor=x", by=self.viewer, status=400))

    def test_it_goes_on_behind_the_last_one(self) -> None:
        for number in range(22):
            make_device(f"a{number:02}", at=AT)
        client = self.browser(self.viewer)
        first = client.get(f"{LIST}?q=a").context["page"]
        self.assertEqual([device.slug for device in first.rows], [f"a{number:02}" for number in range(21, 1, -1)])
        self.assertEqual([device.slug for device in client.get(first.next).context["page"].rows], ["a01", "a00"])

    def test_hostile_text_is_text(self) -> None:
        make_device("a", name=HOSTILE, note=HOSTILE, serial=HOSTILE)
        for path in (LIST, f"{LIST}a/", f"{LIST}?q=%3Cscript%3Ealert(1)", f"{LIST}?deviceModel=%3Cscript%3Ealert(1)"):
            self.assertNotIn("<script>alert", self.browser(self.viewer).get(path).content.decode())

    def test_as_many_statements_at_one_as_at_twenty(self) -> None:
        client = self.browser(self.viewer)
        for rows in (1, 19):
            for _ in range(rows):
                make_device()
            for query in ("", "?q=meter&deviceModel=parkster-200"):
                with self.assertNumQueries(5):  # the session, who it is, two for what they may, the devices
                    client.get(LIST + query)


class DeviceTests(DevicePagesTestCase):
    def test_all_about_it(self) -> None:
        make_device("Meter_7", serial="SN 1", note="First line.\nSecond line.", at=AT)
        content = self.get(f"{LIST}Meter_7/", by=self.viewer)
        for text in ("<h1>Parking meter</h1>", "SN 1", "parkster-200", "First line.<br>Second line.", "March 1, 2026"):
            self.assertIn(text, content)

    def test_ids_are_taken_as_they_are(self) -> None:
        for slug in ("a", "A", "-", "__", "x" * 64):
            make_device(slug, name=f"Named {slug}")
            self.assertIn(f"<h1>Named {slug}</h1>", self.get(f"{LIST}{slug}/", by=self.viewer))
        for slug in ("b", "bulk", "x" * 65, "%00", "a%2Fb", "ä"):
            self.get(f"{LIST}{slug}/", by=self.viewer, status=404)

    def test_who_may_change_it_finds_the_way_to_the_back_office(self) -> None:
        make_device("Meter_7")
        elsewhere = make_user("elsewhere", "Device managers")  # may, but has no way into the back office
        for by, expected in ((self.manager, True), (self.admin, True), (self.viewer, False), (elsewhere, False)):
            with self.subTest(by=by.username):
                content = self.get(f"{LIST}Meter_7/", by=by)
                self.assertEqual('href="/admin/devices/device/Meter_5F7/change/"' in content, expected)
        self.assertEqual(self.browser(self.admin).get("/admin/devices/device/Meter_5F7/change/").status_code, 200)


class DeviceAccessTests(DevicePagesTestCase):
    def test_for_device_managers_alone(self) -> None:
        make_device("a")
        for path in (LIST, f"{LIST}a/", f"{LIST}nothing/", f"{LIST}?deviceModel=a%20b"):
            for by in (self.reader, self.librarian):
                self.get(path, by=by, status=403)
        self.assert_asks_to_sign_in(LIST, f"{LIST}a/", f"{LIST}nothing/")

    def test_wrong_verbs(self) -> None:
        make_device("a")
        for path in (LIST, f"{LIST}a/"):
            self.assert_takes(path, "GET", "HEAD", by=self.manager)
        self.assertTrue(Device.objects.filter(pk="a").exists())
