"""How PostgreSQL reads a page in the middle of rows with one and the same sort key, such as those of a bulk import."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test import tag
from django.test.utils import CaptureQueriesContext

from accounts.tests.cast import CastTestCase, call
from project.tests.api.routes import current_routes
from questions.models import Question

ROWS = 5_000
PAGE_SIZE = 20
AT = "2026-03-01T09:30Z"
# Rows of every list, whose sort keys are equal where they can be, with one row in fifty of the second owner.
TIES = {
    "questions": """INSERT INTO questions_question (title, description, author_id, created, ranking, is_from_today,
        answers, likes, dislikes)
        SELECT 'Why?', 'Because.', CASE n %% 50 WHEN 0 THEN %(other)s ELSE %(user)s END, %(at)s, 0, false, 0, 0, 0
        FROM generate_series(1, %(rows)s) n""",
    "devices": """INSERT INTO devices_device (slug, model_id, name, note, serial, created_at, updated_at)
        SELECT 'device-' || n, 'model-' || (n %% 50 = 0)::int, 'Device', 'Note', 'B' || n, %(at)s, %(at)s
        FROM generate_series(1, %(rows)s) n""",
    "scores": """INSERT INTO scores_score (user_id, score, date_submitted, verified)
        SELECT CASE n %% 50 WHEN 0 THEN %(other)s ELSE %(user)s END, 1, %(at)s, true
        FROM generate_series(1, %(rows)s) n""",
    "book_rentals": """INSERT INTO rentals_rental (user_id, book_id, book_type, date_rented, date_due, date_returned)
        SELECT %(user)s, 1, 'novel', %(at)s, %(at)s, %(at)s FROM generate_series(1, %(rows)s) n""",
    "infractions": """INSERT INTO infractions_infraction (vehicle_id, owner_id, officer_id, timestamp, recorded,
        comments, void_reason)
        SELECT second, second, second, %(at)s, %(at)s, 'Parked.', ''
        FROM generate_series(1, %(rows)s) n, LATERAL (SELECT 1 + (n %% 50 = 0)::int AS second) AS owners""",
    "books": """INSERT INTO books_book (id, name, description, author, book_type, copies, copies_out)
        SELECT 1000 + n, 'Same', '', 'Author ' || n, CASE n %% 50 WHEN 0 THEN 'fiction' ELSE 'novel' END, 1,
            (n %% 50 > 0)::int
        FROM generate_series(1, %(rows)s) n""",
    "payments": """INSERT INTO rentals_payment (user_id, amount, note, date_paid, recorded_by_id, void_note)
        SELECT CASE n %% 50 WHEN 0 THEN %(other)s ELSE %(user)s END, 1, '', %(at)s, %(user)s, ''
        FROM generate_series(1, %(rows)s) n""",
    "persons": """INSERT INTO infractions_person (id, name, email)
        SELECT 1000 + n, 'Same', n || '@example.org' FROM generate_series(1, %(rows)s) n""",
    "vehicles": """INSERT INTO infractions_vehicle (id, license_plate, brand, color, owner_id)
        SELECT 1000 + n, 'SAME' || n, 'Volvo', 'red', 1 + (n %% 50 = 0)::int FROM generate_series(1, %(rows)s) n""",
    "officers": """INSERT INTO infractions_officer (id, name, badge_number)
        SELECT 1000 + n, 'Same', 'S' || n FROM generate_series(1, %(rows)s) n""",
    "accounts": """INSERT INTO accounts_user (username, password, email, name, phone, address, remarks, is_active,
        is_staff, is_superuser, date_joined)
        SELECT 'same' || n, '', n || '@example.org', 'Same', '', '', '', true, false, false, %(at)s
        FROM generate_series(1, %(rows)s) n""",
    "holds": """INSERT INTO rentals_hold (user_id, book_id, status, created_at, ended_at)
        SELECT CASE n %% 50 WHEN 0 THEN %(other)s ELSE %(user)s END, 1, 'cancelled', %(at)s, %(at)s
        FROM generate_series(1, %(rows)s) n""",
    "devicemodels": "INSERT INTO devices_devicemodel (slug) SELECT 'same-' || n FROM generate_series(1, %(rows)s) n",
}
COMMENTS = """INSERT INTO questions_comment (question_id, author_id, text, created_at, void_reason)
    SELECT %(question)s, %(user)s, 'Yes.', %(at)s, '' FROM generate_series(1, %(rows)s) n"""
OTHERS = """
    INSERT INTO devices_devicemodel (slug) VALUES ('model-0'), ('model-1');
    INSERT INTO books_book (id, name, description, author, book_type, copies, copies_out)
        VALUES (1, 'Book', '', 'Author', 'novel', 1, 0);
    INSERT INTO infractions_person (id, name, email) VALUES (1, 'A', 'a@example.org'), (2, 'B', 'b@example.org');
    INSERT INTO infractions_vehicle (id, license_plate, brand, color, owner_id)
        VALUES (1, 'AAA', 'Volvo', 'red', 1), (2, 'BBB', 'Volvo', 'red', 2);
    INSERT INTO infractions_officer (id, name, badge_number) VALUES (1, 'A', '1'), (2, 'B', '2');
"""
FILTERS = {
    "questions": ["author={other}"],
    "devices": ["deviceModel=model-1"],
    "scores": ["user={other}", "verified=true"],
    "infractions": ["owner=2", "officer=2", "license_plate=BBB"],
    "books": ["book_type=fiction", "available=true"],
    "vehicles": ["owner=2"],
    "holds": ["user={other}", "status=cancelled"],
}
TABLES = {
    "questions": "questions_question",
    "devices": "devices_device",
    "scores": "scores_score",
    "book_rentals": "rentals_rental",
    "infractions": "infractions_infraction",
    "books": "books_book",
    "payments": "rentals_payment",
    "persons": "infractions_person",
    "vehicles": "infractions_vehicle",
    "officers": "infractions_officer",
    "accounts": "accounts_user",
    "holds": "rentals_hold",
    "devicemodels": "devices_devicemodel",
}
# Answers with parameters that are not pages of a table, or that are a list with a filter in the path.
OTHER_ROUTES = {"scores/leaderboard", "infractions/report", "book_rentals/users/<id:user_id>"}
OTHER_ROUTES |= {"questions/<id:question_id>/comments"}


@tag("slow")
class TiesTests(CastTestCase):
    question: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with connection.cursor() as cursor:
            cursor.execute(OTHERS)
            for statement in TIES.values():
                cursor.execute(statement, {"user": cls.reader.pk, "other": cls.other.pk, "at": AT, "rows": ROWS})
            cls.question = Question.objects.latest("pk")
            values: dict[str, Any] = {"user": cls.reader.pk, "at": AT, "rows": ROWS, "question": cls.question.pk}
            cursor.execute(f"{COMMENTS}; ANALYZE questions_comment", values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in TABLES.values():
                cursor.execute(f"ANALYZE {table}")

    def page_plan(self, url: str, table: str) -> dict[str, Any]:
        """Returns the executed plan of the statement that reads the page's rows."""
        with CaptureQueriesContext(connection) as captured:
            response = call("GET", url, by=self.admin)
        self.assertEqual(len(response.json()["results"]), PAGE_SIZE)
        [statement] = [
            query["sql"] for query in captured if f'FROM "{table}"' in query["sql"] and "ORDER BY" in query["sql"]
        ]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
            ((found,),) = cursor.fetchall()
        plan: dict[str, Any] = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
        return plan

    def middle(self, name: str, condition: str) -> str:
        """Returns the URL of a page in the midst of a list."""
        page = call("GET", f"/api/v3/{name}/?page_size=50&{condition}", by=self.admin).json()
        following: str = (
            page["next"].removeprefix("http://testserver").replace("page_size=50", f"page_size={PAGE_SIZE}")
        )
        return following

    def assert_reads_one_page(self, url: str, table: str) -> None:
        for node in nodes(self.page_plan(url, table)):
            self.assertNotIn(node["Node Type"], ("Seq Scan", "Bitmap Heap Scan"), node)
            if node.get("Relation Name") == table or "Sort" in node["Node Type"]:  # a page, and the rows around it
                self.assertLessEqual(node["Actual Rows"] + node.get("Rows Removed by Filter", 0), PAGE_SIZE + 2, node)

    def test_the_first_page_and_one_in_the_middle_read_only_their_rows(self) -> None:
        for name, table in TABLES.items():
            for url in (f"/api/v3/{name}/?page_size={PAGE_SIZE}", self.middle(name, "")):
                with self.subTest(url=url[:60]):
                    self.assert_reads_one_page(url, table)

    def test_every_list_has_its_rows_here(self) -> None:
        lists = {route.template.removeprefix("/api/v3/").rstrip("/") for route in current_routes() if route.is_list}
        self.assertEqual(lists - OTHER_ROUTES, set(TABLES))
        self.assertEqual(set(TIES), set(TABLES))

    def test_so_does_the_list_of_one_user(self) -> None:
        url = self.middle(f"book_rentals/users/{self.reader.pk}", "")
        self.assert_reads_one_page(url, "rentals_rental")

    def test_so_does_the_list_of_comments_on_a_question(self) -> None:
        url = self.middle(f"questions/{self.question.pk}/comments", "")
        self.assert_reads_one_page(url, "questions_comment")

    def test_so_does_a_filtered_page(self) -> None:
        for name, conditions in FILTERS.items():
            for condition in conditions:
                condition = condition.format(other=self.other.pk)
                with self.subTest(name=name, condition=condition):
                    self.assert_reads_one_page(self.middle(name, condition), TABLES[name])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields a node of a plan and all below it."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)
