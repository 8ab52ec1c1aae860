"""Objections in the back office, and what the page of a person shows."""

from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from infractions import services
from infractions.models import Infraction, Objection
from infractions.tests.test_admin import AT, TrafficAdminTestCase, page


class ObjectionAdminTests(TrafficAdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.objection = Objection.objects.create(
            infraction=self.infraction, by=self.reader, text="The sign was hidden.", language="en", created_at=AT
        )
        self.change = page("change", "objection", self.objection.pk)

    def answer(self, **fields: str) -> Any:
        return self.client.post(self.change, {"answer": "You are right.", "upheld": "true", **fields}, follow=True)

    def test_the_list_is_searched_by_plate_owner_and_officer_and_filtered(self) -> None:
        for query in ("", "?q=aaa123", "?q=lee", "?q=brindlow", "?status=open"):
            with self.subTest(query=query):
                self.assertEqual(self.found("objection", query), {self.objection.pk})
        for query in ("?q=bbb1", "?q=ray", "?status=upheld", "?status=rejected", "?created_at_from=2100-01-01"):
            with self.subTest(query=query):
                self.assertEqual(self.found("objection", query), set())
        self.assertEqual(self.found("infraction", "?objection=yes"), {self.infraction.pk})

    def test_the_traffic_office_answers_once(self) -> None:
        shown = self.client.get(self.change)
        for text in ("The sign was hidden.", "AAA-123", "Ann Lee", "Parked on the crossing."):
            self.assertContains(shown, text)
        self.assertNotContains(shown, "+00:00")  # no time as Python writes it
        self.answer()
        self.objection.refresh_from_db()
        self.assertEqual((self.objection.upheld, self.objection.answer), (True, "You are right."))
        self.assertEqual(self.objection.answered_by, self.traffic)
        self.assertTrue(Infraction.objects.get().voided)
        self.assertEqual(LogEntry.objects.get().object_id, str(self.objection.pk))
        self.assertEqual(self.answer(answer="Changed.").status_code, 403)
        self.assertContains(self.client.get(self.change), "You are right.")
        self.assertEqual(self.found("objection", "?status=upheld"), {self.objection.pk})

    def test_a_rejection_leaves_the_infraction(self) -> None:
        self.answer(upheld="false")
        self.objection.refresh_from_db()
        self.assertIs(self.objection.upheld, False)
        self.assertFalse(Infraction.objects.get().voided)

    def test_an_answer_and_a_decision_are_required(self) -> None:
        for fields in ({"answer": " "}, {"upheld": ""}, {"upheld": "maybe"}, {"answer": "x" * 2001}):
            with self.subTest(fields=fields):
                self.assertEqual(self.answer(**fields).status_code, 200)
                self.assertTrue(Objection.objects.open().exists())

    def test_objections_are_not_added_or_deleted(self) -> None:
        self.client.force_login(self.admin)
        self.assertEqual(self.client.get(page("add", "objection")).status_code, 403)
        path = page("delete", "objection", self.objection.pk)
        self.assertEqual(self.client.post(path, {"post": "yes"}).status_code, 403)

    def test_staff_who_may_only_view_infractions_answer_nothing(self) -> None:
        self.traffic.groups.clear()
        self.traffic.user_permissions.set(Permission.objects.filter(codename="view_infraction"))
        self.assertContains(self.client.get(self.change), "The sign was hidden.")
        self.assertEqual(self.answer().status_code, 403)
        self.traffic.user_permissions.clear()
        self.assertEqual(self.client.get(self.change).status_code, 403)

    def test_the_infraction_links_to_its_objection(self) -> None:
        self.assertContains(self.client.get(page("change", "infraction", self.infraction.pk)), f'href="{self.change}"')


class PersonPageTests(TrafficAdminTestCase):
    def test_a_person_s_page_shows_vehicles_with_all_owners_and_infractions(self) -> None:
        services.vehicle_update(vehicle=self.vehicle, by=None, at=AT + timedelta(days=1), owner=self.bob)
        for person in (self.ann, self.bob):
            shown = self.client.get(page("change", "person", person.pk))
            self.assertContains(shown, "AAA-123")
            for text in ("Ann Lee until March 2, 2026", "Bob Ray since March 2, 2026"):
                self.assertContains(shown, text)
        self.assertContains(self.client.get(page("change", "person", self.ann.pk)), "Parked on the crossing.")
        self.assertNotContains(self.client.get(page("change", "person", self.bob.pk)), "Parked on the crossing.")

    def test_staff_see_only_what_they_may_view(self) -> None:
        self.traffic.groups.clear()
        self.traffic.user_permissions.set(Permission.objects.filter(codename="view_person"))
        shown = self.client.get(page("change", "person", self.ann.pk))
        self.assertContains(shown, "ann@example.org")
        self.assertNotContains(shown, "AAA-123")
        self.assertNotContains(shown, "Parked on the crossing.")

    def test_the_page_takes_as_many_statements_for_any_number_of_rows(self) -> None:
        path = page("change", "person", self.ann.pk)
        self.client.get(path)
        for number in range(2):
            # The session, the user, two of permissions, the person twice, vehicles with owners (three), infractions.
            with self.assertNumQueries(10):
                self.client.get(path)
            vehicle = services.vehicle_create(license_plate=f"B{number}", brand="x", color="x", owner=self.ann)
            services.vehicle_update(vehicle=vehicle, by=None, at=AT, owner=self.bob)
            for _ in range(5):
                services.infraction_record(plate="AAA123", comments="x", timestamp=None, officer=self.officer, at=AT)
