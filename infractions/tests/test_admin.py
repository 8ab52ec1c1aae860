"""The traffic office in the admin: list, search, add, change, delete, void, and a token that is shown once."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase, call, make_user
from infractions import services
from infractions.models import Infraction, Officer, Person, Vehicle
from infractions.tokens import token_rotate

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SHOWN = re.compile(r'id="token"[^>]*value="([A-Za-z0-9]{30})"')
INLINE = {"owner_changes-TOTAL_FORMS": "0", "owner_changes-INITIAL_FORMS": "0"}


def page(name: str, model: str, *arguments: int) -> str:
    return reverse(f"admin:infractions_{model}_{name}", args=arguments)


class TrafficAdminTestCase(CastTestCase):
    """Signed in as the traffic office; Ann Lee owns AAA-123, and officer Brindlow wrote something down about it."""

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

    def found(self, model: str, query: str = "") -> set[Any]:
        shown = self.client.get(page("changelist", model) + query)
        return {row.pk for row in shown.context["cl"].result_list}

    def token_on(self, response: Any) -> str:
        self.assertEqual(response.status_code, 200)
        self.assertIn("no-store", response.headers["Cache-Control"])
        return SHOWN.findall(response.content.decode())[0]

    def status_with(self, token: str) -> int:
        return call("GET", "/api/infractions/", authorization=f"Token {token}").status_code


class RegisterTests(TrafficAdminTestCase):
    def test_persons_are_found_by_name_and_address(self) -> None:
        for query, persons in {
            "": {self.ann.pk, self.bob.pk},
            "?q=lee": {self.ann.pk},
            "?q=bob@": {self.bob.pk},
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found("person", query), persons)

    def test_a_person_is_entered_and_changed(self) -> None:
        add, form = page("add", "person"), {"name": "Cy Dee", "email": "cy@example.org"}
        self.assertRedirects(self.client.post(add, form), page("changelist", "person"))
        self.assertContains(self.client.post(add, {**form, "email": "CY@example.org"}), "already exists")
        change = page("change", "person", self.ann.pk)
        self.client.post(change, {"name": "Ann Moor", "email": "ann@example.org"})
        self.ann.refresh_from_db()
        self.assertEqual(self.ann.name, "Ann Moor")

    def test_vehicles_are_found_by_the_beginning_of_a_plate_in_any_form_and_by_their_owner(self) -> None:
        for query in ("", "?q=aaa", "?q=AAA+12", "?q=aaa123", "?q=%EF%BC%A1AA", "?q=ann@example.org"):
            with self.subTest(query=query):
                self.assertEqual(self.found("vehicle", query), {self.vehicle.pk})
        for query in ("?q=123", "?q=bob@example.org", "?q=%25", "?q=_AA"):
            with self.subTest(query=query):
                self.assertEqual(self.found("vehicle", query), set())

    def test_a_plate_is_refused_over_its_field(self) -> None:
        add, form = page("add", "vehicle"), {"brand": "Corvo", "color": "red", "owner": self.bob.pk, **INLINE}
        for plate, message in {
            "aaa 123": "already exists",
            "--": "1 to 16 letters",
            "A" * 17: "1 to 16 letters",
        }.items():
            with self.subTest(plate=plate):
                shown = self.client.post(add, {**form, "license_plate": plate})
                self.assertContains(shown, message)
        self.assertRedirects(self.client.post(add, {**form, "license_plate": "BBB 1"}), page("changelist", "vehicle"))

    def test_a_change_of_owner_is_kept_and_shown(self) -> None:
        form = {"license_plate": "AAA-123", "brand": "Corvo", "color": "red", "owner": self.bob.pk, **INLINE}
        self.client.post(page("change", "vehicle", self.vehicle.pk), form)
        kept = self.vehicle.owner_changes.get()
        self.assertEqual((kept.former_owner, kept.new_owner, kept.by), (self.ann, self.bob, self.traffic))
        self.assertContains(self.client.get(page("change", "vehicle", self.vehicle.pk)), "Ann Lee")
        self.infraction.refresh_from_db()
        self.assertEqual(self.infraction.owner, self.ann)

    def test_what_history_refers_to_is_not_deleted(self) -> None:
        for model, row in (("person", self.ann), ("vehicle", self.vehicle), ("officer", self.officer)):
            with self.subTest(model=model):
                shown = self.client.post(page("delete", model, row.pk), {"post": "yes"}, follow=True)
                self.assertContains(shown, "protected")
                chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
                self.client.post(page("changelist", model), chosen)
                self.assertTrue(type(row)._default_manager.filter(pk=row.pk).exists())
        self.client.post(page("delete", "person", self.bob.pk), {"post": "yes"})
        self.assertFalse(Person.objects.filter(pk=self.bob.pk).exists())

    def test_lists_take_the_same_statements_whatever_their_rows(self) -> None:
        for model in ("person", "vehicle", "officer", "infraction"):
            self.client.get(page("changelist", model))
            for rows in (3, 30):
                with self.subTest(model=model, rows=rows), self.assertNumQueries(6):  # session, user, two rights, count
                    self.client.get(page("changelist", model))
                for number in range(rows):
                    self.make_more(f"{model[0]}{rows}n{number}")

    def make_more(self, name: str) -> None:
        owner = services.person_create(name=name, email=f"{name}@example.org")
        plate = services.vehicle_create(license_plate=name, brand="Corvo", color="red", owner=owner).license_plate
        officer, _ = services.officer_create(name=name, badge_number=name, user=None)
        services.infraction_record(plate=plate, comments=name, timestamp=None, officer=officer, at=AT)

    def test_staff_of_another_desk_see_none_of_it(self) -> None:
        self.librarian.is_staff = True
        self.librarian.save()
        self.client.force_login(self.librarian)
        self.assertNotContains(self.client.get(reverse("admin:index")), "nfraction")
        for model in ("person", "vehicle", "officer", "infraction"):
            self.assertEqual(self.client.get(page("changelist", model)).status_code, 403)


class OfficerTests(TrafficAdminTestCase):
    def test_a_new_officers_token_is_shown_once_and_works(self) -> None:
        form = {"name": "Otto Vale", "badge_number": "B-102", "user": self.other.pk}
        token = self.token_on(self.client.post(page("add", "officer"), form))
        officer = Officer.objects.get(badge_number="B-102")
        self.assertEqual(officer.user, self.other)
        self.assertEqual(self.status_with(token), 200)
        for path in (page("change", "officer", officer.pk), page("changelist", "officer"), reverse("admin:index")):
            self.assertNotContains(self.client.get(path), token)
        self.assertNotIn(token, str([session.get_decoded() for session in Session.objects.all()]))
        self.assertNotIn(token, str(self.client.cookies))
        self.assertNotIn(token, str(list(LogEntry.objects.values())))

    def test_a_badge_number_or_user_that_is_taken_is_refused_over_its_field(self) -> None:
        self.officer.user = self.other
        self.officer.save()
        shown = self.client.post(page("add", "officer"), {"name": "O", "badge_number": "B-101", "user": self.other.pk})
        self.assertContains(shown, "An officer with this badge number already exists.")
        self.assertContains(shown, "This user is an officer already.")

    def test_a_new_token_ends_the_old_one(self) -> None:
        old = token_rotate(officer=self.officer)
        path = page("token", "officer", self.officer.pk)
        self.assertContains(self.client.get(page("change", "officer", self.officer.pk)), path)
        self.assertContains(self.client.get(path), "ends at once")
        self.assertEqual(self.status_with(old), 200)
        new = self.token_on(self.client.post(path))
        self.assertEqual((self.status_with(old), self.status_with(new)), (401, 200))
        self.assertEqual(LogEntry.objects.get().get_change_message(), "New token.")

    def test_tokens_are_revoked(self) -> None:
        token = token_rotate(officer=self.officer)
        chosen = {"action": "revoke_tokens", "_selected_action": [self.officer.pk]}
        self.assertContains(self.client.post(page("changelist", "officer"), chosen, follow=True), "1 without a token")
        self.assertEqual(self.status_with(token), 401)

    def test_only_who_may_change_officers_makes_tokens(self) -> None:
        path = page("token", "officer", self.officer.pk)
        self.assertEqual(self.client.post(page("token", "officer", 10**9)).status_code, 302)
        self.clerk.is_staff = True
        self.clerk.save()
        self.client.force_login(self.clerk)
        before = Officer.objects.get(pk=self.officer.pk).token_hash
        self.assertEqual(self.client.post(path).status_code, 403)
        self.client.logout()
        self.assertRedirects(self.client.post(path), f"{reverse('admin:login')}?next={path}")
        self.assertEqual(Officer.objects.get(pk=self.officer.pk).token_hash, before)

    def test_search_and_filter(self) -> None:
        services.officer_create(name="Otto Vale", badge_number="B-102", user=None)
        Officer.objects.filter(badge_number="B-102").update(token_hash=None)
        for query in ("?q=olga", "?q=B-101", "?token=yes"):
            with self.subTest(query=query):
                self.assertEqual(self.found("officer", query), {self.officer.pk})
        self.assertNotIn(self.officer.pk, self.found("officer", "?token=no"))


class InfractionTests(TrafficAdminTestCase):
    def test_list_search_and_filters(self) -> None:
        for query in ("", "?q=aaa+123", "?q=ANN@example.org", "?q=B-101", "?status=valid"):
            with self.subTest(query=query):
                self.assertEqual(self.found("infraction", query), {self.infraction.pk})
        for query in ("?q=bbb", "?q=bob@example.org", "?status=void", "?timestamp__gte=2100-01-01+00:00Z"):
            with self.subTest(query=query):
                self.assertEqual(self.found("infraction", query), set())
        self.assertContains(
            self.client.get(page("change", "infraction", self.infraction.pk)), "Parked on the crossing."
        )

    def test_it_is_voided_with_a_reason_once(self) -> None:
        chosen = {"action": "void", "_selected_action": [self.infraction.pk]}
        path = page("changelist", "infraction")
        self.assertContains(self.client.post(path, chosen, follow=True), "Say why")
        self.assertContains(self.client.post(path, {**chosen, "why": "misread"}, follow=True), "1 voided.")
        self.infraction.refresh_from_db()
        self.assertEqual((self.infraction.voided_by, self.infraction.void_reason), (self.traffic, "misread"))
        self.assertContains(self.client.post(path, {**chosen, "why": "again"}, follow=True), "was voided before")

    def test_nobody_deletes_or_rewrites_it_and_the_office_records_none(self) -> None:
        for user, status in ((self.traffic, 403), (self.admin, 200)):
            self.client.force_login(user)
            self.assertEqual(self.client.get(page("add", "infraction")).status_code, status)
            delete = page("delete", "infraction", self.infraction.pk)
            self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)
            self.client.post(page("change", "infraction", self.infraction.pk), {"comments": "Nothing."})
            self.infraction.refresh_from_db()
            self.assertEqual(self.infraction.comments, "Parked on the crossing.")

    def test_an_admin_records_one_for_an_officer(self) -> None:
        self.client.force_login(self.admin)
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
        self.assertRedirects(
            self.client.post(path, {**form, "timestamp_0": "2026-03-01", "timestamp_1": "10:00"}),
            page("changelist", "infraction"),
        )
        now, then = Infraction.objects.filter(comments="Late.").order_by("-timestamp")
        self.assertEqual((now.owner, then.owner), (self.bob, self.ann))
        tomorrow = timezone.now() + timedelta(days=1)
        ahead = {**form, "timestamp_0": f"{tomorrow:%Y-%m-%d}", "timestamp_1": "10:00"}
        self.assertContains(self.client.post(path, ahead, follow=True), "more than 2 minutes ahead")
