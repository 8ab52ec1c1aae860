"""The report of a person: its content, and who may see it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services import email_change
from accounts.tests.cast import make_user
from infractions.models import Infraction
from infractions.services import infraction_void, vehicle_update
from infractions.tests.builders import TrafficTestCase, make_infraction, make_person, make_vehicle

PATH = "/api/v3/infractions/report/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
EMAIL = re.compile(r"[a-z]+@example\.org")
NOT_FOUND = {"detail": "Not found."}


def make_resident(username: str, email: str, *, verified: bool = True) -> User:
    user = make_user(username, email=email)
    EmailAddress.objects.create(user=user, email=email.lower(), verified=verified, primary=True)
    return user


class ReportTestCase(TrafficTestCase):
    def setUp(self) -> None:
        self.person = make_person("Ann@Example.org", name="Ann Brook")

    def get(self, by: Any = None, email: str = "ann@example.org", more: str = "") -> Any:
        path = f"{PATH}?email={email}{more}"
        return self.by_token("GET", path) if by == "token" else self.call("GET", path, by=by)

    def report(self, by: Any = "token", **parameters: str) -> Any:
        return self.assert_status(self.get(by, **parameters), 200)


class ReportTests(ReportTestCase):
    def test_the_content_of_the_report(self) -> None:
        buyer = make_person()
        owned, sold = make_vehicle("AAA-1", owner=self.person), make_vehicle("BBB-2", owner=self.person)
        never_seen = make_vehicle("CCC-3", owner=self.person)
        make_vehicle("DDD-4", owner=self.person)
        gone = make_vehicle("EEE-5", owner=self.person)
        first = make_infraction(sold, self.officer, at=AT)
        second = make_infraction(owned, self.signing_in, at=AT + DAY)
        void = make_infraction(gone, self.officer, at=AT + DAY)
        infraction_void(infraction=void, reason="x", by=self.admin, at=AT + DAY)
        for vehicle in (sold, gone, never_seen):
            vehicle_update(vehicle=vehicle, by=None, at=AT + 2 * DAY, owner=buyer)
        make_infraction(sold, self.officer, at=AT + 3 * DAY)
        bought = make_vehicle("FFF-6", owner=buyer)
        make_infraction(bought, self.officer, at=AT)
        vehicle_update(vehicle=bought, by=None, at=AT + 2 * DAY, owner=self.person)
        answer = self.report()
        self.assertEqual(list(answer), ["person", "vehicles", "count", "results"])
        self.assertEqual(answer["person"], {"id": self.person.pk, "name": "Ann Brook", "email": "Ann@Example.org"})
        self.assertEqual(
            [vehicle["license_plate"] for vehicle in answer["vehicles"]], ["FFF-6", "DDD-4", "BBB-2", "AAA-1"]
        )
        for vehicle in answer["vehicles"]:
            path = f"/api/v3/vehicles/{vehicle['id']}/"
            shown = self.assert_status(self.call("GET", path, by=self.traffic), 200)
            owners = {name: shown.pop(name) for name in ("owner_since", "owners")}  # a report names no other owners
            self.assertEqual((shown, len(owners)), (vehicle, 2))
        self.assertEqual(answer["count"], 2)
        for result, infraction in zip(answer["results"], (second, first), strict=True):
            path = f"/api/v3/infractions/{infraction.pk}/"
            self.assertEqual(self.assert_status(self.call("GET", path, by=self.traffic), 200), result)

    def test_a_person_without_vehicles_and_infractions(self) -> None:
        answer = self.report()
        self.assertEqual((answer["vehicles"], answer["count"], answer["results"]), ([], 0, []))

    def test_at_most_a_thousand_results_and_the_count_of_all_infractions(self) -> None:
        vehicle = make_vehicle(owner=self.person)
        first = make_infraction(vehicle, self.officer, at=AT)
        fields = {"vehicle": vehicle, "owner": self.person, "officer": self.officer, "comments": "x"}
        Infraction.objects.bulk_create(
            Infraction(timestamp=AT + number * DAY, recorded=AT + number * DAY, **fields) for number in range(1, 1003)
        )
        answer = self.report()
        self.assertEqual((answer["count"], len(answer["results"])), (1003, 1000))
        times = [infraction["timestamp"] for infraction in answer["results"]]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertNotIn(first.pk, [infraction["id"] for infraction in answer["results"]])

    def test_one_vehicle_takes_as_many_statements_as_fifty(self) -> None:
        self.report()
        for rows in (1, 49):
            for _ in range(rows):
                make_infraction(make_vehicle(owner=self.person), self.officer)
            with self.subTest(rows=rows), self.assertNumQueries(5):
                self.report()  # the officer of the token, the throttle, the person, the infractions, the vehicles

    def test_other_methods_are_405(self) -> None:
        self.assert_only(PATH, "GET", by=self.traffic)


class ReportAccessTests(ReportTestCase):
    def test_staff_and_officers_see_it(self) -> None:
        for by in ("token", self.patrol, self.traffic, self.admin):
            self.assertEqual(self.report(by)["person"]["id"], self.person.pk)
            self.assertEqual(self.assert_status(self.get(by, email="nobody@example.org"), 404), NOT_FOUND)

    def test_the_person_sees_it_with_the_verified_address(self) -> None:
        ann = make_resident("ann", "ANN@example.org")
        self.assertEqual(self.report(ann)["person"]["id"], self.person.pk)
        self.assertEqual(self.report(ann, email="aNN@eXample.org")["person"]["id"], self.person.pk)
        unknown = make_resident("unknown", "unknown@example.org")
        self.assert_status(self.get(unknown, email="unknown@example.org"), 404)

    def test_one_of_the_two_permissions_is_not_enough(self) -> None:
        for number, name in enumerate(("view_infraction", "view_person")):
            user = make_user(f"half{number}")
            user.user_permissions.add(Permission.objects.get(codename=name))
            self.assert_status(self.get(user), 404)

    def test_others_cannot_tell_whether_an_address_is_known(self) -> None:
        """The answer, its headers, the statements and the log are the same for a known and an unknown address."""
        changed = make_resident("changed", "ann@example.org")
        email_change(user=changed, email="new@example.org")
        stale = make_resident("stale", "ann@example.org")  # verified, but no longer the account's address
        User.objects.filter(pk=stale.pk).update(email="stale@example.org")
        unverified = make_resident("unverified", "ann@example.org", verified=False)
        stranger = make_resident("stranger", "stranger@example.org")
        for user in (self.reader, self.librarian, changed, stale, unverified, stranger):
            with self.subTest(user=user.username):
                self.get(user)  # issues an access token and starts the throttle's window
                known, unknown = (self.observe(user, email) for email in ("ann@example.org", "nobody@example.org"))
                self.assertEqual(known, unknown)
                self.assertEqual(known[0], 404)
                self.assertEqual(len(known[3]), 6)

    def observe(self, user: User, email: str) -> tuple[Any, ...]:
        with CaptureQueriesContext(connection) as captured, self.assertLogs("infractions.views.report") as logs:
            response = self.get(user, email=email)
        statements = [EMAIL.sub("?", query["sql"]) for query in captured if "throttle" not in query["sql"]]
        headers = {name: value for name, value in response.headers.items() if name != "X-Request-ID"}
        return response.status_code, response.content, headers, statements, logs.output

    def test_letters_that_are_the_same_only_in_upper_case_differ(self) -> None:
        make_person("iris@example.org")
        iris = make_resident("iris", "\u0131ris@example.org")
        self.assert_status(self.get(iris, email="iris@example.org"), 404)

    def test_callers_without_credentials_are_refused(self) -> None:
        for path in (f"{PATH}?email=ann@example.org", f"{PATH}?email=x", PATH):
            self.assert_status(self.call("GET", path), 401)
            self.assert_status(self.by_token("GET", path.replace("report/", "report"), token="a" * 30), 401)

    def test_a_missing_or_malformed_address_is_400_for_every_caller(self) -> None:
        for by in ("token", self.reader, self.traffic):
            for email in ("", "ann", "%00", "ann@", "a" * 250 + "@example.org"):
                with self.subTest(by=by, email=email):
                    self.assertEqual(set(self.assert_status(self.get(by, email=email), 400)), {"email"})
            self.assertEqual(
                set(self.assert_status(self.get(by, email="x", more="&format=xml"), 400)), {"email", "format"}
            )
        self.assertEqual(set(self.assert_status(self.call("GET", PATH, by=self.reader), 400)), {"email"})
        self.report()

    def test_each_caller_is_throttled(self) -> None:
        limits = {**dict.fromkeys(settings.THROTTLES, "1000/min"), "report": "2/min"}
        with override_settings(THROTTLES=limits):
            for by in ("token", self.patrol, self.reader):
                answers = [self.get(by), self.get(by, email="x"), self.get(by)]
                self.assertEqual(answers[2].status_code, 429)
                self.assertNotEqual(answers[1].status_code, 429)
                self.assertRegex(answers[2]["Retry-After"], r"^[1-9][0-9]*$")

    def test_the_log_names_the_caller_and_the_person_without_the_address(self) -> None:
        for by, who in (("token", f"officer {self.officer.pk}"), (self.patrol, f"user {self.patrol.pk}")):
            with self.assertLogs("infractions.views.report", "INFO") as logs:
                self.report(by)
            self.assertEqual(
                logs.output, [f"INFO:infractions.views.report:Report of person {self.person.pk} for {who}"]
            )
        with self.assertLogs("infractions.views.report", "INFO") as logs:
            self.get(self.reader)
        self.assertEqual(logs.output, [f"INFO:infractions.views.report:No report for user {self.reader.pk}"])
