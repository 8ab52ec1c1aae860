"""Infractions in the back office: they are recorded and voided, and never changed or deleted."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import NotFound

from infractions import services
from infractions.models import Infraction
from infractions.tests.test_admin import AT, TrafficAdminTestCase, page

LONG_COMMENTS = ("Typed. " * 1000).strip()


class InfractionTests(TrafficAdminTestCase):
    def test_list_search_and_filters(self) -> None:
        for query in ("", "?q=aaa+123", "?q=ANN@example.org", "?q=lee", "?q=B-101", "?q=brind", "?objection=no"):
            with self.subTest(query=query):
                self.assertEqual(self.found("infraction", query), {self.infraction.pk})
        for query in ("?q=bbb", "?q=bob@example.org", "?status=void", "?objection=yes", "?timestamp_from=2100-01-01"):
            with self.subTest(query=query):
                self.assertEqual(self.found("infraction", query), set())
        self.assertContains(
            self.client.get(page("change", "infraction", self.infraction.pk)), "Parked on the crossing."
        )

    def test_the_search_reads_only_the_infractions_found(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            self.found("infraction", "?q=AAA123")
        condition = f'"infractions_infraction"."vehicle_id" IN ({self.vehicle.pk})'
        self.assertTrue([query for query in queries if condition in query["sql"]])

    def test_an_infraction_is_voided_once_with_a_reason(self) -> None:
        chosen = {"action": "void", "_selected_action": [self.infraction.pk]}
        path = page("changelist", "infraction")
        self.assertContains(self.client.post(path, chosen, follow=True), "Enter a reason")
        self.assertContains(self.client.post(path, {**chosen, "reason": "misread"}, follow=True), "1 voided.")
        self.infraction.refresh_from_db()
        self.assertEqual((self.infraction.voided_by, self.infraction.void_reason), (self.traffic, "misread"))
        self.assertContains(self.client.get(page("history", "infraction", self.infraction.pk)), "Voided: misread")
        self.assertContains(self.client.post(path, {**chosen, "reason": "again"}, follow=True), "is already void")
        self.assertEqual(LogEntry.objects.count(), 1)

    def test_infractions_are_not_deleted_or_changed(self) -> None:
        for user in (self.traffic, self.admin):
            self.client.force_login(user)
            delete = page("delete", "infraction", self.infraction.pk)
            self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)
            self.client.post(page("change", "infraction", self.infraction.pk), {"comments": "Nothing."})
            self.infraction.refresh_from_db()
            self.assertEqual(self.infraction.comments, "Parked on the crossing.")

    def test_the_traffic_office_records_an_infraction_for_an_officer(self) -> None:
        services.vehicle_update(vehicle=self.vehicle, by=None, at=AT + timedelta(days=1), owner=self.bob)
        form = {
            "vehicle": self.vehicle.pk,
            "officer": self.officer.pk,
            "comments": "Late.",
            "timestamp_0": "",
            "timestamp_1": "",
        }
        path = page("add", "infraction")
        self.assertRedirects(self.client.post(path, form), page("changelist", "infraction"))
        self.record_before_the_sale(path, form)
        latest, earlier = Infraction.objects.filter(comments="Late.").order_by("-timestamp")
        self.assertEqual((latest.owner, earlier.owner), (self.bob, self.ann))

    def record_before_the_sale(self, path: str, form: dict[str, Any]) -> None:
        """Records an infraction of the former owner, whom the form names before it records anything."""
        form = {**form, "timestamp_0": "2026-03-01", "timestamp_1": "10:00"}
        shown = self.client.post(path, form)
        self.assertContains(shown, "At that time the owner was Ann Lee.")
        self.assertContains(shown, f'name="owner_shown" value="{self.ann.pk}"')
        self.assertEqual(Infraction.objects.filter(comments="Late.").count(), 1)
        self.assertContains(self.client.post(path, {**form, "owner_shown": self.bob.pk}), "At that time")
        response = self.client.post(path, {**form, "owner_shown": self.ann.pk})
        self.assertRedirects(response, page("changelist", "infraction"))

    def test_the_choice_of_a_vehicle_names_the_owner(self) -> None:
        path = reverse("admin:autocomplete")
        query = {"app_label": "infractions", "model_name": "infraction", "field_name": "vehicle", "term": "aaa"}
        [choice] = self.client.get(path, query).json()["results"]
        self.assertEqual(choice["text"], "AAA-123 (Corvo, red): Ann Lee")
        form = {"vehicle": self.vehicle.pk, "officer": "", "comments": "", "timestamp_0": "", "timestamp_1": ""}
        self.assertContains(self.client.post(page("add", "infraction"), form), choice["text"])

    def test_a_time_out_of_range_is_an_error_of_its_field_and_the_form_keeps_its_values(self) -> None:
        self.client.force_login(self.admin)
        tomorrow = timezone.now() + timedelta(days=1)
        values = {"vehicle": self.vehicle.pk, "officer": self.officer.pk, "comments": LONG_COMMENTS}
        for day, message in (
            (f"{tomorrow:%Y-%m-%d}", "more than 2 minutes in the future"),
            ("0001-01-01", "1900 to 9999"),
        ):
            with self.subTest(day=day):
                form = {**values, "timestamp_0": day, "timestamp_1": "10:00"}
                shown = self.client.post(page("add", "infraction"), form)
                self.assertContains(shown, message)
                self.assertContains(shown, LONG_COMMENTS)
                self.assertContains(shown, f'value="{day}"')
        self.assertEqual(Infraction.objects.count(), 1)

    def test_the_form_keeps_its_values_when_the_service_refuses(self) -> None:
        self.client.force_login(self.admin)
        form = {"vehicle": self.vehicle.pk, "officer": self.officer.pk, "comments": LONG_COMMENTS}
        with patch(
            "infractions.services.infraction_record", side_effect=NotFound("No vehicle has this license plate.")
        ):
            shown = self.client.post(page("add", "infraction"), {**form, "timestamp_0": "", "timestamp_1": ""})
        self.assertContains(shown, "No vehicle has this license plate.")
        self.assertContains(shown, LONG_COMMENTS)
        self.assertContains(shown, f'<option value="{self.vehicle.pk}" selected>')
