"""The first page of the back office: who sees what, and that each number leads to its rows."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test import tag
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from books.tests.builders import make_book
from common.admin.figures import Chart, Figure, Number
from common.tests.figures import numbers_of
from devices.tests.builders import make_device
from infractions.models import Objection
from infractions.services import infraction_void
from infractions.tests.builders import make_infraction, make_officer, make_vehicle
from infractions.tokens import token_revoke
from project.site.dashboard import desks_of
from project.tests.sampling import some_of
from questions.models import Answer, Vote
from questions.tests.builders import make_question, take_part
from rentals.models import Debt, Hold, Rental
from rentals.services import payment_record, payment_void
from scores.tests.builders import make_score

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
EARLIER = AT - timedelta(days=40)
HOSTILE = """"><script>alert('x')</script>&{{ 7 }}"""
DESKS = {
    "Librarians": ["Library", "Payments", "Accounts"],
    "Accounts desk": ["Library", "Payments", "Accounts"],
    "Traffic office": ["Traffic"],
    "Device managers": ["Devices"],
    "Moderators": ["Questions"],
}
LIBRARY = {"rentals_rental", "accounts_user", "books_book", "rentals_payment", "rentals_debt"}
TABLES = {
    "Librarians": LIBRARY | {"rentals_hold"},
    "Accounts desk": LIBRARY,
    "Traffic office": {"infractions_infraction", "infractions_objection", "infractions_officer"},
    "Device managers": {"devices_device"},
    "Moderators": {"questions_question"},
}
STATEMENTS = 29  # the user and the session, 26 for the figures, and one for the recent actions


class DashboardTests(CastTestCase):
    staff: dict[str, User]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.staff = {group: make_user(f"staff{number}", group, is_staff=True) for number, group in enumerate(DESKS)}

    def setUp(self) -> None:
        self.enterContext(patch("django.utils.timezone.now", return_value=AT))  # for the filters of the lists as well

    def page(self, by: User) -> Any:
        self.client.force_login(by)
        return self.client.get("/admin/")

    def make_world(self, text: str = "Plain", *, rounds: int = 1) -> None:
        """Makes rows that each figure counts, and older rows that it leaves out."""
        for _ in range(rounds):
            self.lend(text)
            self.wait()
            self.pay()
            self.record()
            self.ask(text)
            for number in range(12):
                make_device(model_id=f"model-{number:02}", at=AT)
            make_device(at=EARLIER)
            for user in (self.reader, None):
                for at in (AT, EARLIER):
                    make_score(user, 1, at=at)
        User.objects.filter(pk=self.other.pk).update(date_joined=AT)

    def lend(self, text: str) -> None:
        for days in (40, 3, 1):
            due, book = AT - timedelta(days=days), make_book(text + make_book().name)
            lent = {"user": self.reader, "book_type": "regular", "date_rented": due, "date_due": due}
            Rental.objects.create(book=book, **lent)
            Rental.objects.create(book=book, **lent, date_returned=due)
        for returned in (None, AT):
            times = {"date_rented": AT, "date_due": AT, "date_returned": returned}
            Rental.objects.create(user=self.reader, book=make_book(), book_type="regular", **times)

    def wait(self) -> None:
        times = {"created_at": AT, "ready_until": AT}
        Hold.objects.create(user=self.reader, book=make_book(), status="ready", **times)
        owed = {"amount": "3.50", "since": AT, "counted_at": AT}
        Debt.objects.get_or_create(user=self.reader, defaults=owed)

    def pay(self) -> None:
        for amount in ("12.50", "1234.05"):
            paid = payment_record(user=self.reader, amount=Decimal(amount), note="", by=self.clerk, at=AT)
        payment_record(user=self.reader, amount=Decimal("7.00"), note="", by=self.clerk, at=EARLIER)
        payment_void(payment=paid, reason="Typed twice.", by=self.clerk, at=AT)

    def record(self) -> None:
        officer, _ = make_officer()
        vehicle = make_vehicle()
        for weeks in (1, 0, 0):
            seen = make_infraction(vehicle, officer, timestamp=AT - timedelta(weeks=weeks), at=AT)
        infraction_void(infraction=seen, reason="Wrong plate.", by=self.admin, at=AT)
        Objection.objects.create(infraction=seen, by=self.reader, text="x", language="en", created_at=AT)
        token_revoke(officer=officer)

    def ask(self, text: str) -> None:
        make_question(self.reader, at=EARLIER)
        take_part(make_question(self.reader, at=AT, title=text), answers=2, likes=2)  # on an earlier day
        for row in (Answer.objects.latest("pk"), Vote.objects.latest("pk")):
            row.changed = AT
            row.save()

    def test_each_group_sees_its_own_figures(self) -> None:
        for group, desks in DESKS.items():
            with self.subTest(group=group):
                shown = self.page(self.staff[group])
                self.assertEqual([str(desk.name) for desk in shown.context["desks"]], desks)
                for desk in desks:
                    self.assertContains(shown, desk)

    def test_an_admin_sees_all(self) -> None:
        names = ["Library", "Payments", "Traffic", "Questions", "Devices", "Scores", "Accounts"]
        self.assertEqual([str(desk.name) for desk in self.page(self.admin).context["desks"]], names)

    def test_figures_that_the_user_may_not_see_are_not_queried(self) -> None:
        for group, user in self.staff.items():
            user.has_perm("")  # from here on permissions are known
            with self.subTest(group=group), CaptureQueriesContext(connection) as captured:
                desks_of(user, at=AT)
            tables = {table for query in captured for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
            self.assertEqual(tables, TABLES[group])

    def test_staff_without_permissions_get_an_explanation(self) -> None:
        shown = self.page(make_user("idle", is_staff=True))
        self.assertEqual(shown.context["desks"], [])
        content = shown.content.decode().partition('id="content"')[2]
        self.assertIn("permission to view or edit anything", content)

    def test_others_are_asked_to_sign_in(self) -> None:
        door = self.client.get("/admin/", follow=True).redirect_chain
        self.assertEqual(door[-1], ("/accounts/login/?next=%2Fadmin%2F", 302))
        self.assertEqual(self.page(self.reader).status_code, 302)

    def test_each_number_leads_to_as_many_rows(self) -> None:
        self.make_world()
        self.client.force_login(self.admin)
        numbers = numbers_of(piece for desk in desks_of(self.admin, at=AT) for piece in desk.pieces)
        for number in some_of({number.url: number for number in numbers if number.value}.values(), self.id()):
            with self.subTest(url=number.url):
                self.assertEqual(self.behind(number), number.value)
        zeros = [number for number in numbers if not number.value]
        for number in {number.url.partition("?")[0]: number for number in zeros}.values():
            with self.subTest(url=number.url):
                self.assertEqual(self.behind(number), 0)

    def behind(self, number: Number) -> int | Decimal:
        """Returns how many rows the list of a figure shows, or their sum."""
        shown = self.client.get(number.url)
        self.assertEqual(shown.status_code, 200, shown.get("Location"))
        rows = shown.context["cl"].queryset
        return sum(row.amount for row in rows) if number.currency else rows.count()

    def test_no_figure_is_zero_in_the_test_data(self) -> None:
        """So that the test above compares no zeros."""
        self.make_world()
        for desk in desks_of(self.admin, at=AT):
            for number in numbers_of(piece for piece in desk.pieces if not isinstance(piece, Chart)):
                with self.subTest(url=number.url):
                    self.assertGreater(number.value, 0)

    def test_rows_lead_to_their_pages(self) -> None:
        self.make_world()
        html = self.page(self.admin).content.decode()
        pages = re.findall(r'<th scope="row"><a href="([^"]+/change/)">', html)
        self.assertEqual(len(pages), 4)  # three rentals and a question
        for page in pages:
            self.assertEqual(self.client.get(page).status_code, 200)

    def test_figures_stand_before_tables_and_charts(self) -> None:
        for desk in desks_of(self.admin, at=AT):
            kinds = [isinstance(piece, Figure) for piece in desk.pieces]
            self.assertEqual(kinds, sorted(kinds, reverse=True))

    def test_a_chart_is_also_a_table(self) -> None:
        self.make_world()
        shown = self.page(self.admin)
        html = unescape(shown.content.decode())
        charts = [piece for desk in shown.context["desks"] for piece in desk.pieces if isinstance(piece, Chart)]
        self.assertEqual(len(charts), 4)
        for chart in charts:
            self.assertIn(f'role="img" aria-label="Chart: {chart.title}. The table below has the same data."', html)
            drawn = json.loads(chart.data)
            self.assertEqual([row["label"] for row in drawn["datasets"]], list(chart.series))
            for number in (number for point in chart.points for number in point.numbers):
                self.assertIn(f'<td><a href="{number.url}">', html)
            totals = [
                sum(float(point.numbers[column].value) for point in chart.points) for column in range(len(chart.series))
            ]
            self.assertEqual([sum(row["data"]) for row in drawn["datasets"]], totals)

    def test_an_amount_has_its_two_places_and_currency(self) -> None:
        self.pay()
        self.assertContains(self.page(self.admin), "12.50 <small>USD</small>")

    def test_an_empty_town_hall_has_an_empty_dashboard(self) -> None:
        shown = self.page(self.admin)
        for text in (
            "No rentals are overdue.",
            "No rentals in the last 14 days.",
            "No payments in the last 30 days.",
            "Nothing was recorded in the last 12 weeks.",
            "No questions today.",
            "There are no devices yet.",
        ):
            self.assertContains(shown, text)
        self.assertNotContains(shown, "<canvas")

    def test_hostile_text_stays_text(self) -> None:
        self.reader.name = HOSTILE
        self.reader.save()
        self.make_world(HOSTILE)
        html = self.page(self.admin).content.decode()
        self.assertNotIn("<script>alert", html)
        self.assertGreater(html.count("&lt;script&gt;alert"), 6)

    @tag("slow")
    def test_the_number_of_statements_does_not_depend_on_the_rows(self) -> None:
        self.page(self.admin)
        for _ in range(2):
            with self.assertNumQueries(STATEMENTS):
                self.client.get("/admin/")
            self.make_world(rounds=3)

    def test_scripts_come_only_from_the_site_itself(self) -> None:
        self.make_world()
        html = self.page(self.admin).content.decode()
        main = html[html.index("<main") : html.index("</main>")]
        for forbidden in ("<script", "style=", " onclick", "http:", "https:"):
            self.assertNotIn(forbidden, main)
