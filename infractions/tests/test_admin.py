"""Persons and vehicles in the back office, and what all lists of the traffic office share."""

import re
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from django.contrib.admin.models import LogEntry
from django.db.models import ProtectedError
from django.test import tag
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from accounts.tests.cast import CastTestCase, enter_sudo, make_user
from infractions import services
from infractions.models import Infraction, Officer, Person, Vehicle

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
INLINE = {"owner_changes-TOTAL_FORMS": "0", "owner_changes-INITIAL_FORMS": "0"}


def page(name: str, model: str, *arguments: int | str) -> str:
    return reverse(f"admin:infractions_{model}_{name}", args=arguments)


def nonce_in(response: Any) -> str:
    """Returns the hidden value with which a form can be submitted once."""
    return str(re.findall(r'<input type="hidden" name="form_nonce" value="([\w-]+)">', response.content.decode())[0])


class TrafficAdminTestCase(CastTestCase):
    """Signs in as the traffic office. Ann Lee owns AAA-123, for which officer Brindlow recorded an infraction."""

    traffic: User
    ann: Person
    bob: Person
    vehicle: Vehicle
    officer: Officer
    infraction: Infraction

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.traffic = make_user("traffic", "Traffic office", is_staff=True)
        cls.ann = services.person_create(name="Ann Lee", email="ann@example.org")
        cls.bob = services.person_create(name="Bob Ray", email="bob@example.org")
        cls.vehicle = services.vehicle_create(license_plate="AAA-123", brand="Corvo", color="red", owner=cls.ann)
        cls.officer, _ = services.officer_create(name="Olga Brindlow", badge_number="B-101", user=None)
        cls.infraction = services.infraction_record(
            plate="AAA123", comments="Parked on the crossing.", timestamp=None, officer=cls.officer, at=AT
        )

    def setUp(self) -> None:
        self.client.force_login(self.traffic)
        enter_sudo(self.client)

    def found(self, model: str, query: str = "") -> set[Any]:
        """Returns the ids of the rows on a list."""
        shown = self.client.get(page("changelist", model) + query)
        return {row.pk for row in shown.context["cl"].result_list}


class ActTests(TrafficAdminTestCase):
    def test_the_page_of_an_act_names_the_vehicle_and_its_owner(self) -> None:
        shown = self.client.get(page("act", "infraction", self.infraction.pk, "void"))
        self.assertContains(shown, "(AAA-123, Ann Lee)")

    def test_in_spanish_the_status_has_the_gender_of_an_infraction(self) -> None:
        services.infraction_void(infraction=self.infraction, by=self.traffic, reason="Twice.", at=AT)
        pages = (
            ("changelist", "infraction"),
            ("change", "infraction", self.infraction.pk),
            ("change", "person", self.ann.pk),
        )
        for path in (page(*arguments) for arguments in pages):
            shown = self.client.get(path, headers={"accept-language": "es"})
            self.assertContains(shown, "Anulada")
            self.assertNotRegex(shown.content.decode(), "Válido|Anulado")


class RegisterTests(TrafficAdminTestCase):
    def test_persons_are_found_by_name_and_email(self) -> None:
        for query, persons in {
            "": {self.ann.pk, self.bob.pk},
            "?q=lee": {self.ann.pk},
            "?q=bob@": {self.bob.pk},
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found("person", query), persons)

    def test_a_person_is_added_and_changed(self) -> None:
        add, form = page("add", "person"), {"name": "Cy Dee", "email": "cy@example.org"}
        self.assertRedirects(self.client.post(add, form), page("changelist", "person"))
        self.assertContains(self.client.post(add, {**form, "email": "CY@example.org"}), "already exists")
        change = page("change", "person", self.ann.pk)
        self.client.post(change, {"name": "Ann Moor", "email": "ann@example.org"})
        self.ann.refresh_from_db()
        self.assertEqual(self.ann.name, "Ann Moor")

    def test_vehicles_are_found_by_the_beginning_of_the_plate_in_any_form_and_by_owner(self) -> None:
        for query in ("", "?q=aaa", "?q=AAA+12", "?q=aaa123", "?q=%EF%BC%A1AA", "?q=ann@example.org"):
            with self.subTest(query=query):
                self.assertEqual(self.found("vehicle", query), {self.vehicle.pk})
        for query in ("?q=123", "?q=bob@example.org", "?q=%25", "?q=*AA"):
            with self.subTest(query=query):
                self.assertEqual(self.found("vehicle", query), set())

    def test_an_invalid_or_taken_plate_is_an_error_of_its_field(self) -> None:
        add, form = page("add", "vehicle"), {"brand": "Corvo", "color": "red", "owner": self.bob.pk, **INLINE}
        for plate, message in {
            "aaa 123": "already exists",
            "--": "1 to 16 letters",
            "A" * 17: "1 to 16 letters",
        }.items():
            with self.subTest(plate=plate):
                shown = self.client.post(add, {**form, "license_plate": plate})
                self.assertContains(shown, message)
                self.assertEqual(len(shown.context["adminform"].form.errors), 1)
        self.assertRedirects(self.client.post(add, {**form, "license_plate": "BBB 1"}), page("changelist", "vehicle"))

    def test_a_change_of_owner_is_recorded_and_shown(self) -> None:
        form = {"license_plate": "AAA-123", "brand": "Corvo", "color": "red", "owner": self.bob.pk, **INLINE}
        self.assertNotContains(self.client.get(page("change", "vehicle", self.vehicle.pk)), "Changes of owner")
        self.client.post(page("change", "vehicle", self.vehicle.pk), form)
        self.assertContains(self.client.get(page("change", "vehicle", self.vehicle.pk)), "Changes of owner")
        change = self.vehicle.owner_changes.get()
        self.assertEqual((change.former_owner, change.new_owner, change.by), (self.ann, self.bob, self.traffic))
        self.assertContains(self.client.get(page("change", "vehicle", self.vehicle.pk)), "Ann Lee")
        self.infraction.refresh_from_db()
        self.assertEqual(self.infraction.owner, self.ann)

    def test_rows_that_infractions_or_sales_refer_to_are_not_deleted(self) -> None:
        for model, row in (("person", self.ann), ("vehicle", self.vehicle), ("officer", self.officer)):
            with self.subTest(model=model):
                shown = self.client.post(page("delete", model, row.pk), {"post": "yes"}, follow=True)
                self.assertContains(shown, f"“{escape(row)}” ({model}) cannot be deleted while used by:")
                chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
                self.client.post(page("changelist", model), chosen)
                self.assertTrue(type(row)._default_manager.filter(pk=row.pk).exists())
        self.client.post(page("delete", "person", self.bob.pk), {"post": "yes"})
        self.assertFalse(Person.objects.filter(pk=self.bob.pk).exists())

    def test_several_rows_are_all_deleted_or_none(self) -> None:
        free = [services.vehicle_create(license_plate=f"F{n}", brand="x", color="x", owner=self.ann) for n in range(3)]
        delete = services.row_delete

        def delete_unless_protected(*, row: Vehicle) -> None:
            if row == free[1]:
                raise ProtectedError("", {self.infraction})
            delete(row=row)

        chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in free], "post": "yes"}
        with patch("infractions.services.row_delete", side_effect=delete_unless_protected):
            shown = self.client.post(page("changelist", "vehicle"), chosen, follow=True)
        self.assertContains(shown, "Nothing was deleted. A selected row is used by 1 infraction.")
        self.assertEqual(Vehicle.objects.filter(pk__in=[row.pk for row in free]).count(), 3)
        self.assertFalse(LogEntry.objects.exists())
        self.client.post(page("changelist", "vehicle"), chosen)
        self.assertEqual((Vehicle.objects.count(), LogEntry.objects.count()), (1, 3))

    @tag("slow")
    def test_lists_take_as_many_statements_for_any_number_of_rows(self) -> None:
        for model in ("person", "vehicle", "officer", "infraction"):
            self.client.get(page("changelist", model))
            for rows in (3, 30):
                # The session, the user, two of permissions, the count, the rows.
                with self.subTest(model=model, rows=rows), self.assertNumQueries(6):
                    self.client.get(page("changelist", model))
                for number in range(rows):
                    self.make_more(f"{model[0]}{rows}n{number}")

    def make_more(self, name: str) -> None:
        owner = services.person_create(name=name, email=f"{name}@example.org")
        plate = services.vehicle_create(license_plate=name, brand="Corvo", color="red", owner=owner).license_plate
        officer, _ = services.officer_create(name=name, badge_number=name, user=None)
        services.infraction_record(plate=plate, comments=name, timestamp=None, officer=officer, at=AT)

    def test_staff_of_another_desk_see_nothing(self) -> None:
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)
        self.assertNotContains(self.client.get(reverse("admin:index")), "nfraction")
        for model in ("person", "vehicle", "officer", "infraction"):
            self.assertEqual(self.client.get(page("changelist", model)).status_code, 403)
