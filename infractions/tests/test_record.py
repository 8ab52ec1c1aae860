"""Recording an infraction: only officers do, and the infraction has the owner at its time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import NotFound

from accounts.models import User
from accounts.tests.cast import access_token, make_user
from common.api.fields import EARLIEST
from infractions.models import MAX_CLOCK_SKEW, MAX_COMMENTS_LENGTH, Infraction, Person
from infractions.sales import CLOCK_TICK
from infractions.services import infraction_record, vehicle_update
from infractions.tests.builders import TrafficTestCase, make_infraction, make_officer, make_person, make_vehicle

PATH = "/api/v3/infractions/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


class RecordTestCase(TrafficTestCase):
    def setUp(self) -> None:
        self.owner = make_person()
        self.vehicle = make_vehicle("AAA-123", owner=self.owner)

    def post(self, status: int = 201, **fields: Any) -> Any:
        body = {"license_plate": "aaa 123", "comments": "Parked on the crossing.", **fields}
        return self.assert_status(self.by_token("POST", PATH, body), status)


class RecordTests(RecordTestCase):
    def test_an_officer_records_with_a_token(self) -> None:
        before = timezone.now()
        answer = self.post()
        infraction = Infraction.objects.get()
        self.assertEqual(
            answer,
            {
                "id": infraction.pk,
                "license_plate": "AAA-123",
                "vehicle": self.vehicle.pk,
                "owner": self.owner.pk,
                "timestamp": infraction.timestamp.isoformat().replace("+00:00", "Z"),
                "comments": "Parked on the crossing.",
                "officer": {"id": self.officer.pk, "name": "Omar Hill", "badge_number": "B-2"},
                "voided": False,
                "void_reason": "",
                "date_voided": None,
                "objection": None,
            },
        )
        self.assertEqual((infraction.owner, infraction.vehicle), (self.owner, self.vehicle))
        self.assertEqual(infraction.officer, self.officer)
        self.assertEqual(infraction.recorded, infraction.timestamp)
        self.assertTrue(before <= infraction.timestamp <= timezone.now())
        self.assertIn(str(infraction.pk), str(infraction))

    def test_the_token_after_bearer_and_the_linked_account_work_as_well(self) -> None:
        body = {"license_plate": "ＡＡＡ１２３", "comments": "x"}  # noqa: RUF001
        for authorization, badge in (
            (f"Bearer {self.token}", "B-2"),
            (f"token {self.token}", "B-2"),
            (f"Bearer {access_token(self.patrol)}", "B-1"),
            (f"JWT {access_token(self.patrol)}", "B-1"),
        ):
            with self.subTest(authorization=authorization[:12]):
                answer = self.assert_status(self.call("POST", PATH, body, authorization=authorization), 201)
                self.assertEqual(answer["officer"]["badge_number"], badge)

    def test_the_time_may_be_given(self) -> None:
        for time, expected in (
            ("2026-03-01T10:30:00+01:00", "2026-03-01T09:30:00Z"),
            ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
        ):
            self.assertEqual(self.post(timestamp=time)["timestamp"], expected)
        soon = timezone.now() + MAX_CLOCK_SKEW - timedelta(seconds=10)
        self.post(timestamp=soon.isoformat())

    def test_every_bad_field_is_named_at_once(self) -> None:
        self.assertEqual(set(self.post(400, license_plate="A*1", comments=" ")), {"license_plate", "comments"})
        late = (timezone.now() + MAX_CLOCK_SKEW + timedelta(minutes=10)).isoformat()
        body = {"license_plate": "x" * 17, "comments": "x" * 10_001, "timestamp": late}
        answer = self.post(400, **body)
        self.assertEqual(set(answer), set(body))
        self.assertEqual(answer["timestamp"], ["The time is more than 2 minutes in the future."])
        self.assertEqual(set(self.assert_status(self.by_token("POST", PATH, {}), 400)), {"license_plate", "comments"})
        for time in ("2026-03-01T09:30:00", "1899-12-31T23:59:59Z", "tomorrow", "", None, 7):
            with self.subTest(time=time):
                self.assertEqual(set(self.post(400, timestamp=time)), {"timestamp"})
        self.assertFalse(Infraction.objects.exists())
        self.post(comments="x" * 10_000)

    def test_bodies_and_values_of_the_wrong_type_are_refused(self) -> None:
        fields = {"license_plate", "comments", "timestamp"}
        self.assert_fields_refused("POST", PATH, fields, by=self.patrol, every=False)  # comments may be 10,000 long
        self.assert_bodies_refused("POST", PATH, by=self.patrol)

    def test_an_unknown_plate_is_404(self) -> None:
        answer = self.post(404, license_plate="unknown")
        self.assertEqual(answer, {"detail": "No vehicle has this license plate."})

    def test_only_officers_record(self) -> None:
        recorder = make_user("recorder")
        recorder.user_permissions.set(self.traffic.groups.get().permissions.all())
        for body in ({}, "{", {"license_plate": "AAA123", "comments": "x"}):
            self.assert_status(self.call("POST", PATH, body), 401)
            for by in (self.reader, self.traffic, self.admin, recorder):
                self.assert_status(self.call("POST", PATH, body, by=by), 403)
        self.assertFalse(Infraction.objects.exists())

    def test_an_officer_with_an_inactive_account_is_refused(self) -> None:
        User.objects.filter(pk=self.patrol.pk).update(is_active=False)
        self.assert_status(self.call("POST", PATH, {}, by=self.patrol), 401)

    def test_recording_takes_six_statements(self) -> None:
        self.post()
        # The officer of the token, the vehicle, the owner, the infraction; a savepoint.
        with self.assertNumQueries(4 + 2):
            self.post()


class OwnerAtTimeTests(RecordTestCase):
    """A sale moves no infraction, and an infraction that is recorded late has the owner at its time."""

    def owner_of_late_infraction(self, timestamp: datetime | None) -> Person:
        """Records an infraction 30 days after AT, as committed at `timestamp`, and returns its owner."""
        at = AT + timedelta(days=30)
        return make_infraction(self.vehicle, self.officer, timestamp=timestamp, at=at).owner

    def test_a_sale_moves_no_infraction(self) -> None:
        infraction = make_infraction(self.vehicle, self.officer)
        buyer = make_person()
        path = f"/api/v3/vehicles/{self.vehicle.pk}/"
        self.assert_status(self.call("PATCH", path, {"owner": buyer.pk}, by=self.traffic), 200)
        infraction.refresh_from_db()
        self.assertEqual(infraction.owner, self.owner)
        self.post()
        self.assertEqual(Infraction.objects.latest("pk").owner, buyer)

    def test_infractions_recorded_late_across_two_sales(self) -> None:
        buyer, third = make_person(), make_person()
        vehicle_update(vehicle=self.vehicle, by=None, at=AT, owner=buyer)
        vehicle_update(vehicle=self.vehicle, by=None, at=AT + timedelta(days=1), owner=third)
        for timestamp, owner in (
            (AT - timedelta(days=9000), self.owner),
            (AT - CLOCK_TICK, self.owner),
            (AT, buyer),
            (AT + timedelta(days=1) - CLOCK_TICK, buyer),
            (AT + timedelta(days=1), third),
            (None, third),
        ):
            with self.subTest(timestamp=timestamp):
                self.assertEqual(self.owner_of_late_infraction(timestamp), owner)

    def test_sales_of_other_vehicles_do_not_count(self) -> None:
        other = make_vehicle(owner=make_person())
        vehicle_update(vehicle=other, by=None, at=AT + timedelta(days=99), owner=make_person())
        self.assertEqual(self.owner_of_late_infraction(AT), self.owner)

    def test_the_service_checks_the_time_and_the_plate(self) -> None:
        given: dict[str, Any] = {"comments": "x", "officer": self.officer, "at": AT}
        infraction_record(plate="AAA123", timestamp=AT + MAX_CLOCK_SKEW, **given)
        with self.assertRaises(ValidationError):
            infraction_record(plate="AAA123", timestamp=AT + MAX_CLOCK_SKEW + CLOCK_TICK, **given)
        with self.assertRaisesMessage(ValidationError, "1900"):
            infraction_record(plate="AAA123", timestamp=EARLIEST - CLOCK_TICK, **given)
        with self.assertRaises(NotFound):
            infraction_record(plate="ZZZ", timestamp=None, **given)

    def test_the_database_checks_the_time_and_the_comments(self) -> None:
        infraction = Infraction.objects.filter(pk=make_infraction(self.vehicle, make_officer()[0], at=AT).pk)
        for change, constraint in (
            ({"timestamp": AT + MAX_CLOCK_SKEW + CLOCK_TICK}, "infraction_in_its_time"),
            ({"timestamp": EARLIEST - CLOCK_TICK}, "infraction_in_its_time"),
            ({"comments": ""}, "infraction_comments"),
            ({"comments": "x" * (MAX_COMMENTS_LENGTH + 1)}, "infraction_comments"),
        ):
            refused = self.assertRaisesMessage(IntegrityError, constraint)
            with self.subTest(constraint=constraint), refused, transaction.atomic():
                infraction.update(**change)
        self.assertEqual(infraction.update(comments="x" * MAX_COMMENTS_LENGTH, timestamp=EARLIEST), 1)
