"""Staff of a group see their own sections in the back office, and nothing of the others."""

from django.contrib import admin
from django.test import tag

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from project.tests.sampling import some_of
from project.tests.site.back_office import address

SEEN = {
    "Librarians": {
        "books.Book",
        "rentals.Rental",
        "rentals.Hold",
        "rentals.UndoneReturn",
        "rentals.Payment",
        "rentals.Debt",
        "accounts.User",
    },
    "Accounts desk": {
        "rentals.Rental",
        "rentals.UndoneReturn",
        "rentals.Payment",
        "rentals.Debt",
        "accounts.User",
    },
    "Traffic office": {
        "infractions.Infraction",
        "infractions.Objection",
        "infractions.Vehicle",
        "infractions.Person",
        "infractions.Officer",
    },
    "Moderators": {"questions.Question", "questions.Comment"},
    "Editors": {"information.InformationPage"},
    "Device managers": {"devices.Device", "devices.DeviceModel"},
}
AROUND = ["/admin/", "/", "/swagger"]
DESK = "/admin/desk/"


class SectionTests(CastTestCase):
    def staff(self, *groups: str, **fields: bool) -> User:
        user = make_user("staff", *groups, is_staff=True, **fields)
        self.client.force_login(user)
        return user

    def assert_sees(self, labels: set[str]) -> None:
        index = self.client.get("/admin/")
        around, *desks = index.context["sidebar_navigation"]
        expected = [*AROUND[:1], DESK, *AROUND[1:]] if "accounts.User" in labels else AROUND
        self.assertEqual(
            [item["link"].rstrip("/") or "/" for item in around["items"]],
            [path.rstrip("/") or "/" for path in expected],
        )
        linked = {item["link"] for desk in desks for item in desk["items"]}
        for model in admin.site._registry:
            path = address(model, "changelist")
            with self.subTest(model=model._meta.label):
                is_seen = model._meta.label in labels
                self.assertEqual(path in linked, is_seen)
                self.assertEqual(f'href="{path}' in index.content.decode(), is_seen)
                self.assertEqual(self.client.get(path).status_code, 200 if is_seen else 403)
        self.assertFalse([desk["title"] for desk in desks if not desk["items"]])

    def test_each_group(self) -> None:
        for group, labels in some_of(SEEN.items(), self.id()):
            with self.subTest(group=group):
                user = self.staff(group)
                self.assert_sees(labels)
                user.delete()

    def test_staff_of_no_group(self) -> None:
        self.staff()
        self.assert_sees(set())

    @tag("slow")
    def test_a_superuser_sees_every_model_once(self) -> None:
        self.staff(is_superuser=True)
        self.assert_sees({model._meta.label for model in admin.site._registry})
        desks = self.client.get("/admin/").context["sidebar_navigation"]
        titles = [str(desk["title"]) for desk in desks if "title" in desk]
        self.assertEqual(
            titles, ["Library", "Payments", "Traffic", "Community", "Scores", "Devices", "Information", "Accounts"]
        )
        links = [item["link"] for desk in desks for item in desk["items"]]
        self.assertEqual(len(links), len(set(links)))

    def test_residents_are_asked_to_sign_in_as_somebody_else(self) -> None:
        self.client.force_login(self.reader)
        self.assertEqual(self.client.get("/admin/").status_code, 302)

    def test_the_language_is_switched_there(self) -> None:
        self.staff()
        self.assertContains(self.client.get("/admin/"), '<input name="language" type="hidden" value="es">', html=True)
        self.client.post("/language/", {"language": "es", "next": "/admin/"})
        self.assertContains(self.client.get("/admin/"), '<html lang="es"')
