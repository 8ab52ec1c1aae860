"""The report: what it tells, and to whom; to all others it is as if there were none."""

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
ADDRESS = re.compile(r"[a-z]+@example\.org")
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

    def report(self, by: Any = "token", **asked: str) -> Any:
        return self.assert_status(self.get(by, **asked), 200)


class ReportTests(ReportTestCase):
    def test_what_it_tells(self) -> None:
        buyer = make_person()
        kept, sold, bought = make_vehicle("AAA-1", owner=self.person), make_vehicle("BBB-2", owner=self.person), None
        never_seen = make_vehicle("CCC-3", owner=self.person)
        make_vehicle("DDD-4", owner=self.person)
        gone = make_vehicle("EEE-5", owner=self.person)
        first = make_infraction(sold, self.officer, at=AT)
        second = make_infraction(kept, self.signing_in, at=AT + DAY)
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
            self.assertEqual(self.assert_status(self.call("GET", path, by=self.traffic), 200), vehicle)
        self.assertEqual(answer["count"], 2)
        for shown, infraction in zip(answer["results"], (second, first), strict=True):
            path = f"/api/v3/infractions/{infraction.pk}/"
            self.assertEqual(self.assert_status(self.call("GET", path, by=self.traffic), 200), shown)

    def test_a_person_without_anything(self) -> None:
        answer = self.report()
        self.assertEqual((answer["vehicles"], answer["count"], answer["results"]), ([], 0, []))

    def test_at_most_a_thousand_results_and_the_count_of_all(self) -> None:
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

    def test_as_many_statements_at_one_vehicle_as_at_fifty(self) -> None:
        self.report()
        for rows in (1, 49):
            for _ in range(rows):
                make_infraction(make_vehicle(owner=self.person), self.officer)
            with self.subTest(rows=rows), self.assertNumQueries(5):
                self.report()  # whose token, the throttle, the person, the results, the vehicles, the count

    def test_wrong_verbs(self) -> None:
        self.assert_only(PATH, "GET", by=self.traffic)


class ReportAccessTests(ReportTestCase):
    def test_staff_and_officers(self) -> None:
        for by in ("token", self.patrol, self.traffic, self.admin):
            self.assertEqual(self.report(by)["person"]["id"], self.person.pk)
            self.assertEqual(self.assert_status(self.get(by, email="nobody@example.org"), 404), NOT_FOUND)

    def test_the_person_whose_verified_address_it_is(self) -> None:
        ann = make_resident("ann", "ANN@example.org")
        self.assertEqual(self.report(ann)["person"]["id"], self.person.pk)
        self.assertEqual(self.report(ann, email="aNN@eXample.org")["person"]["id"], self.person.pk)
        unknown = make_resident("unknown", "unknown@example.org")
        self.assert_status(self.get(unknown, email="unknown@example.org"), 404)

    def test_half_a_permission_is_none(self) -> None:
        for number, name in enumerate(("view_infraction", "view_person")):
            user = make_user(f"half{number}")
            user.user_permissions.add(Permission.objects.get(codename=name))
            self.assert_status(self.get(user), 404)

    def test_others_learn_nothing(self) -> None:
        """The same answer by the same statements, whether somebody has the address or nobody."""
        changed = make_resident("changed", "ann@example.org")
        email_change(user=changed, email="new@example.org")
        stale = make_resident("stale", "ann@example.org")  # the address that was verified is not the account's any more
        User.objects.filter(pk=stale.pk).update(email="stale@example.org")
        unverified = make_resident("unverified", "ann@example.org", verified=False)
        stranger = make_resident("stranger", "stranger@example.org")
        for user in (self.reader, self.librarian, changed, stale, unverified, stranger):
            with self.subTest(user=user.username):
                self.get(user)  # a token is issued, and the throttle begins
                known, unknown = (self.seen(user, email) for email in ("ann@example.org", "nobody@example.org"))
                self.assertEqual(known, unknown)
                self.assertEqual(known[0], 404)
                self.assertEqual(len(known[3]), 6)

    def seen(self, user: User, email: str) -> tuple[Any, ...]:
        with CaptureQueriesContext(connection) as captured, self.assertLogs("infractions.views.report") as logs:
            response = self.get(user, email=email)
        statements = [ADDRESS.sub("?", query["sql"]) for query in captured if "throttle" not in query["sql"]]
        headers = {
            name: value for name, value in response.headers.items() if name != "X-Request-ID"
        }  # each has its own
        return response.status_code, response.content, headers, statements, logs.output

    def test_a_letter_that_upper_case_makes_the_same_is_another(self) -> None:
        make_person("iris@example.org")
        iris = make_resident("iris", "\u0131ris@example.org")
        self.assert_status(self.get(iris, email="iris@example.org"), 404)

    def test_without_credentials(self) -> None:
        for path in (f"{PATH}?email=ann@example.org", f"{PATH}?email=x", PATH):
            self.assert_status(self.call("GET", path), 401)
            self.assert_status(self.by_token("GET", path.replace("report/", "report"), token="a" * 30), 401)

    def test_a_missing_or_malformed_address_is_400_for_everybody(self) -> None:
        for by in ("token", self.reader, self.traffic):
            for email in ("", "ann", "%00", "ann@", "a" * 250 + "@example.org"):
                with self.subTest(by=by, email=email):
                    self.assertEqual(set(self.assert_status(self.get(by, email=email), 400)), {"email"})
            self.assertEqual(
                set(self.assert_status(self.get(by, email="x", more="&format=xml"), 400)), {"email", "format"}
            )
        self.assertEqual(set(self.assert_status(self.call("GET", PATH, by=self.reader), 400)), {"email"})
        self.report()

    def test_so_many_a_minute_for_each_caller(self) -> None:
        limits = {**dict.fromkeys(settings.THROTTLES, "1000/min"), "report": "2/min"}
        with override_settings(THROTTLES=limits):
            for by in ("token", self.patrol, self.reader):
                answers = [self.get(by), self.get(by, email="x"), self.get(by)]
                self.assertEqual(answers[2].status_code, 429)
                self.assertNotEqual(answers[1].status_code, 429)
                self.assertRegex(answers[2]["Retry-After"], r"^[1-9][0-9]*$")

    def test_the_log_says_who_and_of_whom_without_an_address(self) -> None:
        for by, who in (("token", f"officer {self.officer.pk}"), (self.patrol, f"user {self.patrol.pk}")):
            with self.assertLogs("infractions.views.report", "INFO") as logs:
                self.report(by)
            self.assertEqual(
                logs.output, [f"INFO:infractions.views.report:Report of person {self.person.pk} for {who}"]
            )
        with self.assertLogs("infractions.views.report", "INFO") as logs:
            self.get(self.reader)
        self.assertEqual(logs.output, [f"INFO:infractions.views.report:No report for user {self.reader.pk}"])
