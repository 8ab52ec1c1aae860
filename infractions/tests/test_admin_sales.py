"""Sales that are entered late in the back office, and the preview of the infractions that would move."""

from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from infractions import services
from infractions.models import Infraction, InfractionMove, OwnerChange
from infractions.tests.test_admin import AT, INLINE, TrafficAdminTestCase, page


class SaleTests(TrafficAdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.change = page("change", "vehicle", self.vehicle.pk)
        self.move = reverse("admin:infractions_vehicle_act", args=[self.vehicle.pk, "move"])

    def sell(self, day: str = "2026-03-01", time: str = "09:30", **fields: Any) -> Any:
        form = {"license_plate": "AAA-123", "brand": "Corvo", "color": "red", "owner": self.bob.pk, **INLINE}
        return self.client.post(self.change, {**form, "owner_since_0": day, "owner_since_1": time, **fields})

    def kept_owner(self) -> Any:
        return Infraction.objects.get(pk=self.infraction.pk).owner

    def test_a_sale_entered_late_leads_to_the_preview_and_moves_nothing_by_itself(self) -> None:
        self.assertRedirects(self.sell(), self.move)
        self.assertEqual(OwnerChange.objects.get().at, AT)
        self.assertEqual(self.kept_owner(), self.ann)
        shown = self.client.get(self.move)
        for text in (
            "1 infraction since then is still that of <bdi>Ann Lee</bdi>",
            "Bob Ray",
            "Parked on the crossing.",
        ):
            self.assertContains(shown, text)
        self.assertContains(self.client.get(self.change), self.move)

    def test_the_infractions_move_once_confirmed_and_their_pages_show_it(self) -> None:
        self.sell()
        shown = self.client.post(self.move, {"expected": 1}, follow=True)
        self.assertRedirects(shown, self.change)
        self.assertContains(shown, "AAA-123: 1 infraction moved to the new owner.")
        self.assertNotContains(shown, self.move)
        self.assertEqual(self.kept_owner(), self.bob)
        move = InfractionMove.objects.get()
        self.assertEqual((move.former_owner, move.by), (self.ann, self.traffic))
        self.assertIn("1 infraction moved", LogEntry.objects.latest("pk").get_change_message())
        self.assertContains(self.client.get(page("change", "infraction", self.infraction.pk)), "Ann Lee")
        self.assertContains(self.client.get(self.move), "No infraction would move.", status_code=409)

    def test_nothing_moves_if_an_infraction_was_recorded_after_the_page_asked(self) -> None:
        self.sell()
        services.infraction_record(plate="AAA123", comments="x", timestamp=None, officer=self.officer, at=AT)
        Infraction.objects.update(owner=self.ann)
        shown = self.client.post(self.move, {"expected": 1}, follow=True)
        self.assertRedirects(shown, self.change)
        self.assertContains(shown, "The infractions have changed since the preview.")
        self.assertContains(self.client.get(self.move), 'name="expected" value="2"')
        self.assertEqual(self.kept_owner(), self.ann)
        for expected in ("", "x", "-1"):
            shown = self.client.post(self.move, {"expected": expected})
            self.assertContains(shown, 'name="expected" value="2"')
        self.assertEqual(self.client.post(self.move, {"expected": "9" * 30}).status_code, 302)
        self.assertFalse(InfractionMove.objects.exists())

    def test_a_sale_without_a_time_is_now_and_leads_to_the_list(self) -> None:
        before = timezone.now()
        self.assertRedirects(self.sell("", ""), page("changelist", "vehicle"))
        self.assertGreater(OwnerChange.objects.get().at, before)

    def test_a_later_change_of_the_vehicle_does_not_ask_again(self) -> None:
        self.sell()
        self.assertRedirects(self.sell("", "", color="blue"), page("changelist", "vehicle"))

    def test_an_impossible_time_is_an_error_of_its_field(self) -> None:
        tomorrow = timezone.now() + timedelta(days=1)
        for day, owner, message in (
            (f"{tomorrow:%Y-%m-%d}", self.bob, "The time is in the future."),
            ("1899-01-01", self.bob, "1900 to 9999"),
            ("2026-03-01", self.ann, "together with the new owner"),
        ):
            with self.subTest(message=message):
                shown = self.sell(day, owner=owner.pk)
                self.assertContains(shown, message)
                self.assertEqual(set(shown.context["adminform"].form.errors), {"owner_since"})
        self.assertFalse(OwnerChange.objects.exists())
        self.sell()
        shown = self.sell(owner=self.ann.pk)
        self.assertContains(shown, "after the last change of owner")

    def test_a_new_vehicle_has_no_time(self) -> None:
        self.assertNotContains(self.client.get(page("add", "vehicle")), "owner_since")
        self.assertContains(self.client.get(self.change), "owner_since")

    def test_a_vehicle_that_was_never_sold(self) -> None:
        self.assertContains(self.client.get(self.move), "This vehicle was never sold.", status_code=409)
        said = self.client.post(self.move, {"expected": 0}, follow=True)
        self.assertContains(said, "This vehicle was never sold.")
        self.assertNotContains(said, self.move)

    def test_only_staff_who_may_change_infractions_move_them(self) -> None:
        self.traffic.groups.clear()
        names = ("view_vehicle", "change_vehicle", "view_infraction", "view_person")
        self.traffic.user_permissions.set(Permission.objects.filter(codename__in=names))
        self.assertRedirects(self.sell(), page("changelist", "vehicle"))
        self.assertNotContains(self.client.get(self.change), self.move)
        for response in (self.client.get(self.move), self.client.post(self.move, {"expected": 1})):
            self.assertEqual(response.status_code, 403)
        self.assertEqual(self.kept_owner(), self.ann)
