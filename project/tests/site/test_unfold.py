"""Templates of unfold that ours repeat with changes, because they have no blocks there."""

from hashlib import sha256
from pathlib import Path

import unfold
from django.contrib import admin
from django.test import SimpleTestCase

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from books.models import Book
from devices.models import Device
from devices.tests.builders import make_device
from project.tests.site.back_office import address

# The templates of unfold that ours were made from. Once unfold changes one, make its changes in ours too, and note the
# new hash here.
REPEATED = {
    "unfold/layouts/skeleton.html": "66af9f0bb45f98ba",
    "unfold/helpers/header_title.html": "b126ed2ab9ca1680",
    "admin/base.html": "2ce9250b3c649e3a",
}


class UnfoldTests(SimpleTestCase):
    def test_repeated_templates_are_as_they_were(self) -> None:
        for name, digest in REPEATED.items():
            with self.subTest(template=name):
                text = (Path(unfold.__file__).parent / "templates" / name).read_bytes()
                self.assertEqual(sha256(text).hexdigest()[:16], digest)


class PathTests(CastTestCase):
    def test_the_path_to_an_account_has_its_name_or_its_username_as_it_is_spelled(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))
        for name, shown in (("Rita Reader", "<bdi>Rita Reader</bdi>"), ("", "<bdi>reader</bdi>")):
            User.objects.filter(pk=self.reader.pk).update(username="reader", name=name)
            page = self.client.get(address(User, "change", self.reader.pk))
            self.assertIn(shown, page.content.decode().partition("</h1>")[0].partition("<h1")[2])

    def test_the_path_to_a_device_has_its_id_as_it_is(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))
        device = make_device("sensor-1")
        page = self.client.get(address(Device, "change", device.pk))
        self.assertRegex(page.content.decode().partition("</h1>")[0].partition("<h1")[2], r">\s*sensor-1\s*<")


class TextTests(CastTestCase):
    def test_a_button_begins_with_its_only_capital_letter(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))
        page = self.client.get(address(Book, "changelist"))
        self.assertContains(page, "Apply filters")
        self.assertNotContains(page, "Apply Filters")


class ScriptTests(CastTestCase):
    def test_scripts_are_loaded_where_they_are_used(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))
        for path, has_charts in (
            ("/admin/", True),
            (address(Book, "changelist"), False),
            (address(Book, "add"), False),
        ):
            with self.subTest(path=path):
                page = self.client.get(path).content.decode()
                self.assertEqual("chart.js" in page, has_charts)
                for name in ("xregexp", "urlify", "alpine.sort", "fonts/inter", "fonts/material-symbols"):
                    self.assertNotIn(name, page)

    def test_no_admin_fills_in_a_field_from_another(self) -> None:
        for model_admin in admin.site._registry.values():
            self.assertEqual(model_admin.prepopulated_fields, {})
