"""What the desks search by words is found by an index, and only so much of it."""

from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from common.search import filter_by_search_index, first_ids, match_each_word
from infractions.models import Officer, Person
from questions.models import Question

INDEXES: dict[str, Any] = {
    "user_words": User.objects.search("rita"),
    "person_words": Person.objects.search("rita"),
    "officer_words": Officer.objects.search("rita"),
    "question_words": filter_by_search_index(Question.objects.all(), "rita", "title", "description"),
}


class SearchTests(CastTestCase):
    def found(self, text: str) -> set[str]:
        return set(User.objects.search(text).values_list("username", flat=True))

    def test_each_search_has_its_index(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        for name, rows in INDEXES.items():
            with self.subTest(index=name):
                self.assertIn(name, rows.explain())

    def test_by_the_beginnings_of_words_in_whatever_column(self) -> None:
        make_user("zoe", name="Zoë Ångström-Lee", email="first.last+tag@example.net")
        for text, names in {
            "rita": {"reader"},
            "RITA example": {"reader"},
            "reader@example.org": {"reader"},
            "ita": set(),
            "zoë lee": {"zoe"},
            "tag@example": {"zoe"},
            "zoe rita": set(),
            "zoe angstrom": {"zoe"},
            "' | & ! :*": set(),
            "": set(),
        }.items():
            with self.subTest(text=text):
                self.assertEqual(self.found(text), names)

    def test_a_search_has_a_maximum_of_results(self) -> None:
        with patch("common.search.MAX_INDEXED_ROWS", 2):
            self.assertEqual(User.objects.search("example").count(), 2)
        self.assertNotIn("ORDER BY", str(Person.objects.search("example").order_by().query))

    def test_a_search_hands_on_a_limited_number_of_ids_unordered(self) -> None:
        with patch("common.search.MAX_FIRST_IDS", 3), CaptureQueriesContext(connection) as statements:
            self.assertEqual(len(first_ids(User.objects.order_by("-name"))), 3)
        self.assertNotIn("ORDER BY", statements[0]["sql"])

    def test_a_long_text_makes_few_statements(self) -> None:
        asked: list[str] = []

        def find(word: str) -> Any:
            asked.append(word)
            return match_each_word("", find)

        match_each_word("a - b c d e f", find)
        self.assertEqual(asked, ["a", "b", "c", "d e f"])
