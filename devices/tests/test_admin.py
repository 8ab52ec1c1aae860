"""The device registry in the back office."""

from datetime import timedelta
from unittest.mock import patch

from django.urls import reverse
from django.utils import timezone

from devices.models import Device, DeviceModel
from devices.tests.builders import make_device
from devices.tests.test_devices import AT, DeviceTestCase

LIST = reverse("admin:devices_device_changelist")
ADD = reverse("admin:devices_device_add")
MODELS = reverse("admin:devices_devicemodel_changelist")
FORM = {"slug": "a", "model": "parkster-200", "name": "Meter", "note": "Takes coins.", "serial": ""}


class DeviceAdminTestCase(DeviceTestCase):
    def setUp(self) -> None:
        self.manager.is_staff = True
        self.manager.save()
        self.client.force_login(self.manager)


class DeviceAdminTests(DeviceAdminTestCase):
    def change(self, slug: str) -> str:
        return reverse("admin:devices_device_change", args=[slug])

    def test_the_list_can_be_searched_and_filtered(self) -> None:
        make_device("meter-1", model_id="m1", note="Market square", serial="SN 1", at=AT)
        make_device("printer-1", model_id="m2", note="Second floor")
        today = timezone.localdate(timezone.now() - timedelta(hours=1))
        for query, found in {
            "": {"meter-1", "printer-1"},
            "?q=market": {"meter-1"},
            "?q=SN+1": {"meter-1"},
            "?q=+": {"meter-1", "printer-1"},
            "?model__slug__exact=m2": {"printer-1"},
            f"?created_at_from={today}": {"printer-1"},
        }.items():
            with self.subTest(query=query):
                shown = self.client.get(LIST + query)
                self.assertEqual({device.slug for device in shown.context["cl"].result_list}, found)

    def test_the_lists_take_as_many_queries_for_ten_rows_as_for_a_hundred(self) -> None:
        counts = []
        for slugs in (range(10), range(10, 100)):
            for number in slugs:
                make_device(f"a{number}", model_id="m")
            with self.assertNumQueries(6):
                counts.append(len(self.client.get(LIST).context["cl"].result_list))
            with self.assertNumQueries(6):
                self.client.get(MODELS)
        self.assertEqual(counts, [10, 100])

    def test_the_devices_of_a_model_are_counted_up_to_a_limit(self) -> None:
        for number in range(4):
            make_device(f"a{number}", model_id="m1")
        self.assertContains(self.client.get(MODELS), ">4<")
        with patch("devices.admin.MAX_COUNTED_DEVICES", 2):
            shown = self.client.get(MODELS)
        self.assertContains(shown, "more than 2")
        self.assertEqual([model.device_count for model in shown.context["cl"].result_list], [3])

    def test_a_device_is_added_with_and_without_a_serial(self) -> None:
        DeviceModel.objects.create(slug="parkster-200")
        self.assertRedirects(self.client.post(ADD, FORM), LIST)
        self.assertRegex(Device.objects.get(pk="a").serial, r"^A\d{9}$")
        self.assertRedirects(self.client.post(ADD, {**FORM, "slug": "b", "serial": "SN 1"}), LIST)
        device = Device.objects.get(pk="b")
        self.assertEqual((device.serial, device.created_at), ("SN 1", device.updated_at))

    def test_a_device_is_changed_but_not_its_id(self) -> None:
        make_device("a", serial="SN1", at=AT)
        self.assertContains(self.client.get(self.change("a")), "SN1")
        self.assertRedirects(self.client.post(self.change("a"), {**FORM, "name": "New", "slug": "b"}), LIST)
        device = Device.objects.get()
        self.assertEqual((device.slug, device.name, device.serial, device.created_at), ("a", "New", "SN1", AT))
        self.assertGreater(device.updated_at, AT)
        self.assertRedirects(self.client.post(self.change("a"), {**FORM, "serial": "SN2"}), LIST)
        self.assertEqual(Device.objects.get().serial, "SN2")

    def test_invalid_fields_are_named(self) -> None:
        make_device("a", serial="SN1")
        shown = self.client.post(ADD, {**FORM, "serial": "SN1"})
        self.assertContains(shown, "Device with this Id already exists.")
        self.assertContains(shown, "Device with this Serial already exists.")
        rule = "1 to 64 letters, digits, - and _; not “bulk”."
        for slug in ("bulk", "a b", "é"):
            self.assertContains(self.client.post(ADD, {**FORM, "slug": slug}), rule)
            self.assertContains(self.client.post(MODELS + "add/", {"slug": slug}), rule)
        self.assertContains(self.client.post(ADD, {**FORM, "serial": "a\tb"}), "U+0009 (TAB)")
        self.assertEqual(Device.objects.count(), 1)

    def test_a_serial_that_was_taken_after_the_form_was_validated_is_a_message(self) -> None:
        make_device("a", serial="SN1")
        make_device("b")
        with patch.object(Device, "validate_unique"):
            shown = self.client.post(ADD, {**FORM, "serial": "SN1"}, follow=True)
            self.assertContains(shown, "A device with this serial already exists.")
            self.assertContains(shown, "Takes coins.")
            shown = self.client.post(self.change("b"), {**FORM, "serial": "SN1"}, follow=True)
            self.assertContains(shown, "A device with this serial already exists.")

    def test_one_or_several_devices_are_deleted(self) -> None:
        for slug in ("a", "b"):
            make_device(slug)
        self.assertRedirects(
            self.client.post(reverse("admin:devices_device_delete", args=["a"]), {"post": "yes"}), LIST
        )
        selected = {"action": "delete_selected", "_selected_action": ["b"], "post": "yes"}
        self.assertRedirects(self.client.post(LIST, selected), LIST)
        self.assertFalse(Device.objects.exists())

    def test_a_model_with_devices_is_not_deleted(self) -> None:
        make_device("a", model_id="used")
        for slug in ("free", "unused"):
            DeviceModel.objects.create(slug=slug)
        for slug in ("used", "free"):
            self.client.post(reverse("admin:devices_devicemodel_delete", args=[slug]), {"post": "yes"})
        selected = {"action": "delete_selected", "_selected_action": ["used"], "post": "yes"}
        self.client.post(MODELS, selected)
        self.client.post(MODELS, {**selected, "_selected_action": ["unused"]})
        self.assertEqual([model.slug for model in DeviceModel.objects.all()], ["used"])

    def test_other_staff_are_refused(self) -> None:
        make_device("a")
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)
        for path in (LIST, ADD, self.change("a"), LIST + "import/", LIST + "export/", LIST + "process_import/", MODELS):
            with self.subTest(path=path):
                self.assertEqual(self.client.post(path, {}).status_code, 403)
