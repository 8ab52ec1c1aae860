"""The list of infractions, single infractions, and voiding."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.test import tag
from django.utils import timezone

from accounts.tests.cast import access_token, make_user
from infractions.models import Infraction, Vehicle
from infractions.tests.builders import TrafficTestCase, make_infraction, make_officer, make_vehicle

LIST = "/api/v3/infractions/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


class InfractionTestCase(TrafficTestCase):
    def setUp(self) -> None:
        self.vehicle = make_vehicle("AAA-123")
        self.first = make_infraction(self.vehicle, self.officer, at=AT)
        self.second = make_infraction(make_vehicle("BBB-7"), self.signing_in, at=AT + timedelta(days=1))
        self.third = make_infraction(self.vehicle, self.signing_in, at=AT + timedelta(days=2))

    def ids(self, response: Any) -> list[int]:
        return [row["id"] for row in self.assert_status(response, 200)["results"]]


class InfractionListTests(InfractionTestCase):
    def test_staff_see_all_infractions_and_officers_their_own(self) -> None:
        everything = [self.third.pk, self.second.pk, self.first.pk]
        for by in (self.traffic, self.admin):
            self.assertEqual(self.ids(self.call("GET", LIST, by=by)), everything)
        self.assertEqual(self.ids(self.call("GET", LIST, by=self.patrol)), [self.third.pk, self.second.pk])
        self.assertEqual(self.ids(self.by_token("GET", LIST)), [self.first.pk])
        both = make_user("both", "Traffic office")
        make_officer(user=both)
        self.assertEqual(self.ids(self.call("GET", LIST, by=both)), everything)

    def test_others_are_refused(self) -> None:
        for path in (LIST, f"{LIST}{self.first.pk}/", f"{LIST}999999/"):
            self.assert_status(self.call("GET", path), 401)
            for by in (self.reader, self.librarian):
                for method in ("GET", "HEAD"):
                    self.assertEqual(self.call(method, path, by=by).status_code, 403)

    def test_options_is_allowed_to_everyone_with_credentials(self) -> None:
        for by in (self.reader, self.traffic):
            self.assert_status(self.call("OPTIONS", LIST, by=by), 200)

    def test_the_newest_by_time_of_the_offense_comes_first(self) -> None:
        late = make_infraction(self.vehicle, self.officer, timestamp=AT + timedelta(hours=1), at=AT + timedelta(days=9))
        self.assertEqual(
            self.ids(self.call("GET", LIST, by=self.traffic)),
            [self.third.pk, self.second.pk, late.pk, self.first.pk],
        )

    def test_a_single_infraction(self) -> None:
        path = f"{LIST}{self.first.pk}/"
        expected = {
            "id": self.first.pk,
            "license_plate": "AAA-123",
            "vehicle": self.vehicle.pk,
            "owner": self.vehicle.owner_id,
            "timestamp": "2026-03-01T09:30:00Z",
            "comments": "Parked on the crossing.",
            "officer": {"id": self.officer.pk, "name": "Omar Hill", "badge_number": "B-2"},
            "voided": False,
            "void_reason": "",
            "date_voided": None,
            "objection": None,
        }
        self.assertEqual(self.assert_status(self.call("GET", path, by=self.traffic), 200), expected)
        self.assertEqual(self.assert_status(self.by_token("GET", path), 200), expected)
        self.assertEqual(self.assert_status(self.by_token("GET", LIST), 200)["results"], [expected])
        self.assert_status(self.call("GET", path, by=self.patrol), 404)
        self.assert_status(self.by_token("GET", f"{LIST}{self.second.pk}/"), 404)
        self.assert_status(self.call("GET", f"{LIST}999999/", by=self.traffic), 404)

    def test_filters(self) -> None:
        for query, expected in {
            "license_plate=aaa%20123": [self.third, self.first],
            "license_plate=ZZZ1": [],
            f"officer={self.officer.pk}": [self.first],
            f"officer={self.signing_in.pk}&license_plate=AAA123": [self.third],
            "after=2026-03-01T09:30:00Z": [self.third, self.second],
            "before=2026-03-03T09:30:00Z": [self.second, self.first],
            "after=2026-03-01T09:30:00Z&before=2026-03-03T09:30:00Z": [self.second],
            "license_plate=AAA123&after=2026-03-02T09:30:00Z": [self.third],
            f"owner={self.vehicle.owner_id}": [self.third, self.first],
            "owner=999999": [],
            "voided=false": [self.third, self.second, self.first],
            "voided=true": [],
        }.items():
            with self.subTest(query=query):
                page = self.call("GET", f"{LIST}?{query}", by=self.traffic)
                self.assertEqual(self.ids(page), [infraction.pk for infraction in expected])
        self.assertEqual(self.ids(self.by_token("GET", f"{LIST}?officer={self.signing_in.pk}")), [])

    def test_a_day_is_that_of_the_town(self) -> None:
        """In Kiritimati, the 2nd of March begins at 10:00 UTC on the 1st."""
        midnight = make_infraction(self.vehicle, self.officer, at=datetime(2026, 3, 1, 10, tzinfo=UTC))
        with timezone.override(ZoneInfo("Pacific/Kiritimati")):
            for query, expected in {
                "after=2026-03-02": [self.third, self.second, midnight],
                "after=2026-03-02&before=2026-03-03": [self.second, midnight],
                "before=2026-03-02": [self.first],
                "after=2026-03-01T10:00:00Z": [self.third, self.second],
            }.items():
                with self.subTest(query=query):
                    page = self.call("GET", f"{LIST}?{query}", by=self.traffic)
                    self.assertEqual(self.ids(page), [infraction.pk for infraction in expected])

    def test_all_bad_parameters_are_named_at_once(self) -> None:
        query = "license_plate=A*1&officer=x&owner=x&voided=x&after=2026-03-01T09:30:00&before=x&page_size=0&cursor=x"
        answer = self.assert_status(self.call("GET", f"{LIST}?{query}", by=self.traffic), 400)
        self.assertEqual(
            set(answer), {"license_plate", "officer", "owner", "voided", "after", "before", "page_size", "cursor"}
        )

    @tag("slow")
    def test_three_infractions_take_as_many_statements_as_a_hundred(self) -> None:
        token = f"Bearer {access_token(self.traffic)}"
        for rows in (0, 97):
            for _ in range(rows):
                make_infraction(make_vehicle(), make_officer()[0])
            for query in ("", "&license_plate=AAA123"):
                with self.subTest(rows=rows, query=query), self.assertNumQueries(8):
                    # Three of the user and permissions, the officer, the rows.
                    self.call("GET", f"{LIST}?page_size=100{query}", authorization=token)
        # The officer of the token, the time of its use, rows, vehicles, officers, objections.
        with self.assertNumQueries(6):
            self.by_token("GET", LIST)
        with self.assertNumQueries(5):
            self.by_token("GET", LIST)

    def test_each_filter_has_an_index(self) -> None:
        newest = Infraction.objects.select_related("vehicle", "officer")
        plate = Vehicle.objects.by_plate("AAA123").values("pk")[:1]
        for rows, index in (
            (newest, "infraction_newest"),
            (newest.filter(timestamp__gt=AT), "infraction_newest"),
            (newest.filter(vehicle=plate), "infraction_by_vehicle"),
            (newest.filter(officer=7), "infraction_by_officer"),
            (newest.filter(owner=7), "infraction_by_owner"),
            (newest.filter(owner=7).valid(), "infraction_by_owner"),
            (newest.void(), "infraction_void"),
        ):
            with self.subTest(index=index):
                self.assert_index(rows[:20], index)

    def test_other_methods_are_405(self) -> None:
        self.assert_only(LIST, "GET", "POST", by=self.traffic)
        self.assert_only(f"{LIST}{self.first.pk}/", "GET", by=self.traffic)
        self.assert_only(f"{LIST}{self.first.pk}/void/", "POST", by=self.traffic)


class VoidTests(InfractionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = f"{LIST}{self.first.pk}/void/"

    def test_the_traffic_office_voids_an_infraction(self) -> None:
        answer = self.assert_status(self.call("POST", self.path, {"reason": "wrong car"}, by=self.traffic), 200)
        shown = self.assert_status(self.call("GET", f"{LIST}{self.first.pk}/", by=self.traffic), 200)
        self.assertEqual(answer, shown)
        self.assertEqual((answer["voided"], answer["comments"]), (True, "Parked on the crossing."))
        self.first.refresh_from_db()
        self.assertEqual((self.first.voided_by, self.first.void_reason), (self.traffic, "wrong car"))
        self.assertNotIn(self.first, Infraction.objects.valid())
        for query, expected in (("true", [self.first.pk]), ("false", [self.third.pk, self.second.pk])):
            self.assertEqual(self.ids(self.call("GET", f"{LIST}?voided={query}", by=self.traffic)), expected)

    def test_a_second_time_is_409(self) -> None:
        self.call("POST", self.path, {"reason": "wrong car"}, by=self.traffic)
        answer = self.assert_status(self.call("POST", self.path, {"reason": "again"}, by=self.admin), 409)
        self.assertEqual(answer, {"detail": "This infraction is already void."})
        self.first.refresh_from_db()
        self.assertEqual((self.first.voided_by, self.first.void_reason), (self.traffic, "wrong car"))

    def test_a_reason_is_required(self) -> None:
        for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": None}, {"reason": ["x"]}, {"reason": "x" * 501}):
            with self.subTest(body=body):
                answer = self.assert_status(self.call("POST", self.path, body, by=self.traffic), 400)
                self.assertEqual(list(answer), ["reason"])
        self.assert_bodies_refused("POST", self.path, by=self.traffic)
        self.assert_status(self.call("POST", self.path, {"reason": "x" * 500}, by=self.traffic), 200)

    def test_callers_without_permission_are_refused(self) -> None:
        self.assert_closed([("POST", self.path), ("POST", f"{LIST}999999/void/")])
        self.assert_status(self.call("POST", f"{LIST}999999/void/", {"reason": "x"}, by=self.traffic), 404)

    def test_the_database_refuses_an_incomplete_void(self) -> None:
        complete = {"date_voided": AT, "voided_by": self.traffic, "void_reason": "x"}
        for missing in complete:
            incomplete = {name: value for name, value in complete.items() if name != missing}
            for part in (incomplete, {missing: complete[missing]}):
                with self.subTest(part=set(part)), self.assertRaises(IntegrityError), transaction.atomic():
                    Infraction.objects.filter(pk=self.first.pk).update(**part)
