"""Objections of owners, and the answers of the traffic office."""

from datetime import datetime, timedelta
from typing import Any

from django.core import mail
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.services import email_change
from accounts.tests.cast import make_user, set_active
from common.models import Mail
from infractions.models import MAX_OBJECTION_LENGTH, Infraction, Objection, Person, Vehicle
from infractions.services import infraction_void
from infractions.tests.builders import TrafficTestCase, make_infraction, make_person, make_vehicle
from infractions.tests.test_report import make_resident

DAY = timedelta(days=1)
REASONS = {"text": "I had sold the car."}
UPHOLD = {"answer": "The photograph shows another plate.", "uphold": True}
REJECT = {"answer": "The sign was visible.", "uphold": False}


@override_settings(MAIL_IN_BACKGROUND=False)
class ObjectionTestCase(TrafficTestCase):
    """Ann, whose address is confirmed, owns the vehicle of the infraction."""

    ann: User
    person: Person
    vehicle: Vehicle
    infraction: Infraction
    at: datetime

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.at = timezone.now()
        cls.ann = make_resident("ann", "ann@example.org")
        cls.person = make_person("Ann@Example.org", name="Ann Brook")
        cls.vehicle = make_vehicle("AAA-123", owner=cls.person)
        cls.infraction = make_infraction(cls.vehicle, cls.officer, at=cls.at)

    @property
    def path(self) -> str:
        return f"/api/v3/infractions/{self.infraction.pk}/objection/"

    def object_to(self, status: int = 201, *, body: Any = REASONS, by: User | None = None, **headers: Any) -> Any:
        return self.assert_status(self.call("POST", self.path, body, by=by or self.ann, **headers), status)

    def answer(self, body: Any = REJECT, status: int = 200, *, by: User | None = None) -> Any:
        return self.assert_status(self.call("POST", f"{self.path}answer/", body, by=by or self.traffic), status)


class ObjectTests(ObjectionTestCase):
    def test_the_owner_objects_once(self) -> None:
        shown = self.object_to()
        self.assertEqual(shown["id"], self.infraction.pk)
        objection = Objection.objects.get()
        expected = {
            "text": "I had sold the car.",
            "created_at": shown["objection"]["created_at"],
            "answer": "",
            "upheld": None,
            "answered_at": None,
        }
        self.assertEqual(shown["objection"], expected)
        self.assertEqual((objection.by, objection.infraction), (self.ann, self.infraction))
        again = self.object_to(409, body={"text": "Again."})
        self.assertEqual(again, {"detail": "There is an objection to this infraction already."})
        self.assertEqual(Objection.objects.get().text, "I had sold the car.")

    def test_everyone_who_sees_the_infraction_sees_the_objection(self) -> None:
        self.object_to()
        path = f"/api/v3/infractions/{self.infraction.pk}/"
        for answer in (self.call("GET", path, by=self.traffic), self.by_token("GET", path)):
            self.assertEqual(self.assert_status(answer, 200)["objection"]["text"], REASONS["text"])
        report = self.assert_status(
            self.call("GET", "/api/v3/infractions/report/?email=ann@example.org", by=self.ann), 200
        )
        self.assertEqual(report["results"][0]["objection"]["text"], REASONS["text"])

    def test_only_the_owner_on_file_with_a_confirmed_address_may_object(self) -> None:
        changed = make_resident("changed", "changed@example.org")
        email_change(user=changed, email="ann2@example.org")
        self.assert_status(self.call("POST", self.path, REASONS), 401)
        self.assert_status(self.by_token("POST", self.path, REASONS), 401)
        for by in (self.reader, self.librarian, changed, make_resident("bob", "bob@example.org")):
            self.object_to(404, by=by)
        for by in (self.traffic, self.admin):  # who may see it
            self.object_to(403, by=by)
        self.assertFalse(Objection.objects.exists())

    def test_an_unconfirmed_address_of_the_owner_may_not_object(self) -> None:
        User.objects.filter(pk=self.ann.pk).update(email="old@example.org")
        self.object_to(404, by=make_resident("ann2", "ann@example.org", verified=False))

    def test_the_owner_at_the_time_objects_and_not_the_buyer(self) -> None:
        buyer = make_resident("bob", "bob@example.org")
        body = {"owner": make_person("bob@example.org").pk}
        self.assert_status(self.call("PATCH", f"/api/v3/vehicles/{self.vehicle.pk}/", body, by=self.traffic), 200)
        self.object_to(404, by=buyer)
        self.object_to()

    def test_an_objection_is_possible_within_thirty_days(self) -> None:
        for age, status in ((30 * DAY + timedelta(minutes=1), 409), (30 * DAY - timedelta(minutes=1), 201)):
            self.infraction = make_infraction(self.vehicle, self.officer, at=timezone.now(), timestamp=self.at - age)
            answer = self.object_to(status)
        with override_settings(OBJECTION_DAYS=29):
            self.infraction = make_infraction(self.vehicle, self.officer, timestamp=self.at - 29.5 * DAY)
            answer = self.object_to(409)
        self.assertEqual(answer, {"detail": "An objection is possible only within 29 days of the infraction."})

    def test_a_void_infraction_takes_no_objection(self) -> None:
        infraction_void(infraction=self.infraction, reason="x", by=self.traffic, at=self.at)
        self.assertEqual(self.object_to(409), {"detail": "This infraction is void."})

    def test_bad_input(self) -> None:
        self.assert_fields_refused("POST", self.path, {"text"}, by=self.ann)
        self.assert_bodies_refused("POST", self.path, by=self.ann)
        self.assert_only(self.path, "POST", by=self.ann)
        self.object_to(400, body={"text": "x" * (MAX_OBJECTION_LENGTH + 1)})
        self.object_to(400, body={"text": "  "})
        self.object_to(body={"text": "é" * MAX_OBJECTION_LENGTH})
        for infraction_id in ("999999", "0", "x", "9" * 30):
            path = f"/api/v3/infractions/{infraction_id}/objection/"
            self.assert_status(self.call("POST", path, REASONS, by=self.ann), 404)

    def test_an_infraction_with_an_objection_stays_with_the_seller(self) -> None:
        self.object_to()
        body = {
            "owner": make_person().pk,
            "owner_since": (self.at - DAY).isoformat(),
            "move_infractions": True,
            "expected_infractions": 0,
        }
        self.assert_status(self.call("PATCH", f"/api/v3/vehicles/{self.vehicle.pk}/", body, by=self.traffic), 200)
        self.infraction.refresh_from_db()
        self.assertEqual(self.infraction.owner, self.person)

    def test_the_database_keeps_an_answer_whole(self) -> None:
        self.object_to()
        for changes in ({"upheld": True}, {"answered_at": self.at}, {"answer": "x"}, {"text": ""}):
            with self.subTest(changes=changes), self.assertRaises(IntegrityError), transaction.atomic():
                Objection.objects.update(**changes)

    def test_lists_take_as_many_statements_with_objections_as_without(self) -> None:
        self.call("GET", "/api/v3/infractions/", by=self.traffic)
        # The user, two of permissions, the officer; the infractions, their vehicles, officers and objections.
        with self.assertNumQueries(8):
            self.call("GET", "/api/v3/infractions/", by=self.traffic)
        self.object_to()
        with self.assertNumQueries(8):
            self.call("GET", "/api/v3/infractions/", by=self.traffic)


class AnswerTests(ObjectionTestCase):
    def test_upholding_voids_the_infraction(self) -> None:
        self.object_to()
        shown = self.answer(UPHOLD)
        self.assertEqual((shown["voided"], shown["void_reason"]), (True, "The objection of the owner was upheld."))
        self.assertEqual((shown["objection"]["upheld"], shown["objection"]["answer"]), (True, UPHOLD["answer"]))
        self.assertEqual(shown["date_voided"], shown["objection"]["answered_at"])
        self.infraction.refresh_from_db()
        self.assertEqual(self.infraction.voided_by, self.traffic)

    def test_rejecting_changes_nothing_else(self) -> None:
        self.object_to()
        shown = self.answer(REJECT)
        self.assertEqual((shown["voided"], shown["objection"]["upheld"]), (False, False))

    def test_an_objection_is_answered_once(self) -> None:
        self.object_to()
        self.answer(REJECT)
        self.assertEqual(self.answer(UPHOLD, 409), {"detail": "This objection is already answered."})
        self.infraction.refresh_from_db()
        self.assertFalse(self.infraction.voided)

    def test_an_infraction_that_was_voided_meanwhile_is_still_answered(self) -> None:
        self.object_to()
        infraction_void(infraction=self.infraction, reason="Wrong plate.", by=self.admin, at=self.at)
        shown = self.answer(UPHOLD)
        self.assertEqual((shown["void_reason"], shown["objection"]["upheld"]), ("Wrong plate.", True))

    def test_only_staff_who_may_change_infractions_answer(self) -> None:
        self.object_to()
        self.assert_closed([("POST", f"{self.path}answer/")])
        self.answer(REJECT, 403, by=self.ann)

    def test_there_is_nothing_to_answer_without_an_objection(self) -> None:
        self.answer(REJECT, 404)

    def test_bad_input(self) -> None:
        self.object_to()
        path = f"{self.path}answer/"
        self.assertEqual(set(self.answer({}, 400)), {"answer", "uphold"})
        self.assertEqual(set(self.answer({"answer": "", "uphold": "maybe"}, 400)), {"answer", "uphold"})
        self.assertEqual(set(self.answer({"answer": "x" * 2001, "uphold": None}, 400)), {"answer", "uphold"})
        self.assert_bodies_refused("POST", path, by=self.traffic)
        self.assert_only(path, "POST", by=self.traffic)


class MailTests(ObjectionTestCase):
    def test_the_staff_who_may_answer_are_told_without_a_word_of_the_owner(self) -> None:
        make_user("away", "Traffic office", is_active=False)
        make_user("silent", "Traffic office", email="")
        self.object_to()
        [message] = mail.outbox
        self.assertEqual(message.to, ["traffic@example.org"])
        self.assertIn(f"/admin/infractions/objection/{Objection.objects.get().pk}/change/", message.body)
        self.assertIn("AAA-123", message.body)
        self.assertNotIn("sold", message.body)

    @override_settings(OBJECTIONS_EMAIL="office@town.example")
    def test_the_office_has_an_address_of_its_own(self) -> None:
        self.object_to()
        self.assertEqual([message.to for message in mail.outbox], [["office@town.example"]])

    def test_the_owner_is_told_in_their_language(self) -> None:
        self.object_to(accept_language="es")
        mail.outbox.clear()
        self.answer(UPHOLD)
        [message] = mail.outbox
        self.assertEqual(message.to, ["ann@example.org"])
        self.assertEqual(Mail.objects.get(kind="infractions.objection_answered").language, "es")
        self.assertIn(UPHOLD["answer"], message.body)
        self.assertIn(f"/infractions/{self.infraction.pk}/objection/", message.body)
        self.assertFalse(Mail.objects.waiting().exists())

    def test_an_account_that_is_gone_gets_no_mail(self) -> None:
        self.object_to()
        mail.outbox.clear()
        set_active(self.ann, False)
        self.answer(REJECT)
        self.assertEqual(mail.outbox, [])

    def test_a_refused_objection_sends_no_mail(self) -> None:
        self.object_to()
        mail.outbox.clear()
        self.object_to(409)
        self.assertEqual(mail.outbox, [])
