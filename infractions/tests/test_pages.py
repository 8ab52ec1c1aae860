"""The page of a resident's own infractions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.services import email_change
from accounts.tests.browser import HOSTILE, BrowserTestCase
from infractions.models import MAX_COMMENTS_LENGTH, Infraction, Objection, Officer, Person
from infractions.services import infraction_void, vehicle_update
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from infractions.tests.test_report import make_resident

PAGE = "/infractions/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MAX_PAGE_BYTES = 100_000


class OwnInfractionsTests(BrowserTestCase):
    ann: User
    person: Person
    officer: Officer

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.ann = make_resident("ann", "ann@example.org")
        cls.person = make_person("Ann@Example.org", name="Ann Brook")
        cls.officer, _ = make_officer("B-2", name="Omar Hill")

    def groups(self) -> list[tuple[str, list[Infraction]]]:
        """Returns plates with their infractions, as the page groups them."""
        report = self.browser(self.ann).get(PAGE).context["report"]
        return [(vehicle.license_plate, infractions) for vehicle, infractions in report.by_vehicle()]

    def test_valid_infractions_are_grouped_by_vehicle_newest_first(self) -> None:
        vehicle, other = make_vehicle("AAA-1", owner=self.person), make_vehicle("BBB-2", owner=self.person)
        first = make_infraction(vehicle, self.officer, at=AT)
        between = make_infraction(other, self.officer, at=AT + DAY)
        last = make_infraction(vehicle, self.officer, at=AT + 2 * DAY)
        void = make_infraction(vehicle, self.officer, at=AT, comments="A mistake.")
        infraction_void(infraction=void, reason="x", by=self.admin, at=AT)
        make_infraction(make_vehicle("CCC-3"), self.officer, at=AT)
        make_vehicle("DDD-4", owner=self.person)
        self.assertEqual(self.groups(), [("DDD-4", []), ("BBB-2", [between]), ("AAA-1", [last, first])])
        content = self.get(PAGE, by=self.ann)
        for text in (
            "AAA-1",
            "<bdi>Volvo</bdi>, <bdi>red</bdi>",
            "March 1, 2026, 9:30\xa0AM",
            "Parked on the crossing.",
            "Omar Hill",
        ):
            self.assertIn(text, content)
        for text in ("CCC-3", "A mistake.", "no longer yours", "This page shows"):
            self.assertNotIn(text, content)
        self.assertIn("3 infractions recorded for <bdi>Ann Brook</bdi>.", content)
        self.assertNotIn(f"/infractions/{first.pk}/objection/", content)
        self.assertEqual(content.count("No longer possible"), 3)

    def test_an_objection_is_offered_as_long_as_it_is_possible_and_shown_after_that(self) -> None:
        vehicle = make_vehicle(owner=self.person)
        new = make_infraction(vehicle, self.officer, at=timezone.now())
        old = make_infraction(vehicle, self.officer, at=AT)
        self.assertIn(f'/infractions/{new.pk}/objection/">Object</a>', self.get(PAGE, by=self.ann))
        Objection.objects.create(infraction=old, by=self.ann, language="en", text="x", created_at=AT)
        content = self.get(PAGE, by=self.ann)
        self.assertIn(f'/infractions/{old.pk}/objection/">Not answered yet</a>', content)
        self.assertNotIn("No longer possible", content)

    def test_a_resident_without_infractions(self) -> None:
        make_vehicle("DDD-4", owner=self.person)
        content = self.get(PAGE, by=self.ann)
        self.assertIn("No infractions.", content)

    def test_a_vehicle_sold_since_is_shown_and_marked(self) -> None:
        sold, bought = make_vehicle("AAA-1", owner=self.person), make_vehicle("BBB-2")
        make_infraction(sold, self.officer, at=AT)
        make_infraction(bought, self.officer, at=AT, comments="By the former owner.")
        vehicle_update(vehicle=sold, by=None, at=AT + DAY, owner=make_person())
        vehicle_update(vehicle=bought, by=None, at=AT + DAY, owner=self.person)
        content = self.get(PAGE, by=self.ann)
        self.assertEqual(content.count("no longer yours"), 1)
        self.assertLess(content.index("BBB-2"), content.index("AAA-1"))
        self.assertLess(content.index("AAA-1"), content.index("no longer yours"))
        self.assertNotIn("By the former owner.", content)

    def test_nothing_is_shown_before_the_address_is_confirmed(self) -> None:
        make_infraction(make_vehicle(owner=self.person), self.officer)
        changed = make_resident("changed", "bob@example.org")
        email_change(user=changed, email="changed@example.org")
        make_person("changed@example.org", name="Ann Brook")
        for user in (make_resident("cat", "cat@example.org", verified=False), changed, self.reader):
            with self.subTest(user=user.username):
                content = self.get(PAGE, by=user)
                self.assertIn("Confirm your email address", content)
                self.assertIn('href="/account', content)
                self.assertNotIn("Ann Brook", content)

    def test_an_account_without_an_address_sees_nothing(self) -> None:
        User.objects.filter(pk=self.other.pk).update(email="")
        self.assertIn("Confirm your email address", self.get(PAGE, by=self.other))

    def test_a_resident_who_is_no_vehicle_owner(self) -> None:
        content = self.get(PAGE, by=make_resident("dora", "dora@example.org"))
        self.assertIn("We have no vehicle owner with your email address.", content)
        self.assertNotIn("csv", content)

    def test_a_person_without_vehicles(self) -> None:
        content = self.get(PAGE, by=self.ann)
        self.assertIn("You have no vehicles registered here.", content)
        self.assertIn("0 infractions recorded for <bdi>Ann Brook</bdi>.", content)

    def test_the_newest_fifty_and_a_file_with_all(self) -> None:
        vehicle = make_vehicle(owner=self.person)
        fields: dict[str, Any] = {"vehicle": vehicle, "owner": self.person, "officer": self.officer}
        Infraction.objects.bulk_create(
            Infraction(timestamp=AT + n * DAY, recorded=AT + n * DAY, comments=f"No. {n}.", **fields)
            for n in range(103)
        )
        client = self.browser(self.ann)
        content = client.get(PAGE).content.decode()
        self.assertIn("103 infractions recorded", content)
        self.assertIn("This page shows the newest 50 infractions.", content)
        self.assertEqual(content.count('<td data-label="Officer">'), 50)
        self.assertNotIn("No. 52.", content)
        self.assertIn("No. 53.", content)
        link = content.partition('href="/api/v3/infractions/report/')[2].partition('"')[0].replace("&amp;", "&")
        self.assertEqual(link, "?email=ann%40example.org&format=csv")
        lines = client.get(f"/api/v3/infractions/report/{link}").getvalue().decode().splitlines()
        self.assertEqual(len(lines), 104)

    def test_the_page_stays_small_with_the_longest_texts(self) -> None:
        """Each infraction has a vehicle of its own, which takes the most space."""
        officer, _ = make_officer("B-3", name="o" * 200)
        fields: dict[str, Any] = {"owner": self.person, "officer": officer, "comments": "c" * MAX_COMMENTS_LENGTH}
        for number in range(100):
            vehicle = make_vehicle(f"LONG{number:08}", owner=self.person, brand="b" * 100, color="c" * 50)
            Infraction.objects.create(vehicle=vehicle, timestamp=AT, recorded=AT, **fields)
        content = self.get(PAGE, by=self.ann)
        self.assertEqual(content.count('<td data-label="Officer">'), 50)
        self.assertNotIn("c" * 300, content)
        self.assertIn("Download all infractions in full (CSV)", content)
        self.assertLess(len(content.encode()), MAX_PAGE_BYTES)

    def test_the_log_names_the_reader_as_for_the_report(self) -> None:
        make_person("bob@example.org")
        unverified = make_resident("bob", "bob@example.org", verified=False)
        for user, text in (
            (unverified, f"No report for user {unverified.pk}"),
            (self.ann, f"Report of person {self.person.pk} for user {self.ann.pk}"),
            (self.reader, f"No report for user {self.reader.pk}"),
        ):
            with self.assertLogs("infractions.views.report", "INFO") as logs:
                self.get(PAGE, by=user)
            self.assertEqual(logs.output, [f"INFO:infractions.views.report:{text}"])

    def test_the_page_is_not_cached(self) -> None:
        self.assertIn("no-store", self.browser(self.ann).get(PAGE)["Cache-Control"])

    def test_hostile_text_is_escaped_and_line_breaks_are_shown(self) -> None:
        vehicle = make_vehicle(owner=self.person, brand=HOSTILE)
        make_infraction(vehicle, self.officer, comments=f"{HOSTILE}\nSecond line.")
        content = self.get(PAGE, by=self.ann)
        self.assertNotIn("<script>alert", content)
        self.assertIn("<br>Second line.", content)

    def test_visitors_sign_in_and_other_methods_are_405(self) -> None:
        self.assert_asks_to_sign_in(PAGE)
        self.assert_takes(PAGE, "GET", "HEAD", by=self.ann)

    def test_one_vehicle_takes_as_many_statements_as_many(self) -> None:
        client = self.browser(self.ann)
        for rows in (1, 48):
            for _ in range(rows):
                make_infraction(make_vehicle(owner=self.person), self.officer)
            # The session, the user, two of permissions, the address, the person, the infractions, the vehicles,
            # the objections.
            with self.assertNumQueries(9):
                client.get(PAGE)
