"""The average and the distribution of answers, the orders of the list, the search, and a question's place."""

from functools import partial
from importlib import import_module
from typing import Any

from django.db import connection
from django.test import TransactionTestCase, tag

from accounts.tests.browser import BrowserTestCase
from accounts.tests.hostile import HostileTestCase
from accounts.tests.races import at_once
from questions.daily import rebuild
from questions.models import MAX_PLACE, Question
from questions.services import answer_put, answer_withdraw
from questions.tests.builders import (
    AT,
    LIST,
    expected_distributions,
    make_people,
    make_question,
    path,
    stored_distributions,
    take_part,
)


class DistributionTests(HostileTestCase):
    def setUp(self) -> None:
        self.question = make_question(self.reader)

    def shown(self) -> tuple[Any, Any, int]:
        answer = self.call("GET", path(self.question)).json()
        return answer["average"], answer["distribution"], answer["ranking"]

    def put(self, value: int) -> None:
        self.assert_status(self.call("PUT", path(self.question, "answer"), {"value": value}, by=self.other), 200)

    def test_answers_are_counted_by_value(self) -> None:
        self.assertEqual(self.shown(), (None, [0, 0, 0, 0, 0], 10))
        self.put(5)
        self.assertEqual(self.shown(), (5.0, [0, 0, 0, 0, 1], 20))
        self.put(2)
        self.put(2)
        self.assertEqual(self.shown(), (2.0, [0, 1, 0, 0, 0], 20))
        self.call("DELETE", path(self.question, "answer"), by=self.other)
        self.assertEqual(self.shown(), (None, [0, 0, 0, 0, 0], 10))

    def test_the_average_has_one_place_and_is_rounded_as_people_do(self) -> None:
        for values, average in (((1, 2), 1.5), ((1, 1, 2), 1.3), ((2, 2, 2, 3), 2.3), ((4, 4, 4, 5, 5, 5, 5), 4.6)):
            question = make_question(self.reader)
            for value, user in zip(values, make_people(len(values)), strict=True):
                answer_put(question_id=question.pk, user=user, value=value, at=AT)
            self.assertEqual(self.call("GET", path(question)).json()["average"], average)

    def test_a_rebuild_corrects_the_distribution(self) -> None:
        take_part(self.question, answers=3)
        Question.objects.update(answers_3=0, answers_1=9)
        self.assertEqual(sum(batch.changed for batch in rebuild(dry_run=True)), 1)
        self.assertEqual(sum(batch.changed for batch in rebuild(dry_run=False)), 1)
        self.assertEqual(stored_distributions(), expected_distributions())

    def test_the_migration_counts_the_answers_that_are_there(self) -> None:
        take_part(self.question, answers=2)
        Question.objects.update(answers_3=0)
        with connection.cursor() as cursor:
            cursor.execute(import_module("questions.migrations.0012_answers_counted").FILL)
        self.assertEqual(stored_distributions(), expected_distributions())


class OrderTests(HostileTestCase):
    def setUp(self) -> None:
        self.old = make_question(self.reader, title="Old bench?")
        take_part(self.old, likes=2)
        self.old.refresh_from_db()
        self.new = make_question(self.other, title="New lamp?")

    def ids(self, query: str) -> list[int]:
        return [row["id"] for row in self.assert_status(self.call("GET", f"{LIST}?{query}"), 200)["results"]]

    def test_by_ranking_or_newest_first(self) -> None:
        self.assertEqual(self.ids(""), [self.old.pk, self.new.pk])
        self.assertEqual(self.ids("order=ranking"), [self.old.pk, self.new.pk])
        self.assertEqual(self.ids("order=newest"), [self.new.pk, self.old.pk])

    def test_pages_follow_the_order_and_a_cursor_belongs_to_it(self) -> None:
        first = self.call("GET", f"{LIST}?order=newest&page_size=1").json()
        self.assertEqual([row["id"] for row in first["results"]], [self.new.pk])
        second = self.call("GET", first["next"].removeprefix("http://testserver")).json()
        self.assertEqual([row["id"] for row in second["results"]], [self.old.pk])
        cursor = first["next"].partition("cursor=")[2].partition("&")[0]
        self.assertEqual(set(self.assert_status(self.call("GET", f"{LIST}?cursor={cursor}"), 400)), {"cursor"})

    def test_search_and_bad_values(self) -> None:
        self.assertEqual(self.ids("q=lam"), [self.new.pk])
        self.assertEqual(self.ids("q=bench&order=newest"), [self.old.pk])
        self.assertEqual(self.ids(f"q=lam&author={self.reader.pk}"), [])
        self.assertEqual(self.ids("q=%3F"), [])
        self.assertEqual(
            set(self.assert_status(self.call("GET", f"{LIST}?order=oldest&q={'x' * 201}"), 400)), {"order", "q"}
        )

    @tag("slow")
    def test_the_place_of_a_question(self) -> None:
        self.assertEqual((self.old.place(), self.new.place()), (1, 2))
        Question.objects.bulk_create(
            Question(title="x", description="x", author=self.reader, created=AT, ranking=99) for _ in range(MAX_PLACE)
        )
        self.assertIsNone(self.new.place())


class DistributionPageTests(BrowserTestCase):
    def test_the_page_shows_the_average_and_five_bars(self) -> None:
        question = make_question(self.reader)
        address = f"/questions/{question.pk}/"
        self.assertNotIn("<meter", self.get(address))
        take_part(question, answers=2)
        content = self.get(address)
        self.assertEqual(content.count("<meter"), 5)
        self.assertIn("3.0 of 5 stars on average", content)
        swapped = self.content(self.swap(f"{address}answer/", {"value": "5"}, by=self.other, page=address))
        self.assertIn("3.7 of 5 stars on average", swapped)

    def test_a_new_question_says_where_it_stands(self) -> None:
        take_part(make_question(self.other), likes=1)
        client = self.browser(self.reader)
        client.cookies["csrftoken"] = "c" * 32
        form = {"title": "A lamp?", "description": "It is dark."}
        shown = client.post("/questions/ask/", form, headers={"x-csrftoken": "c" * 32}, follow=True)
        self.assertIn("Your question is number 2.", self.content(shown))

    def test_search_newest_and_own_questions(self) -> None:
        take_part(make_question(self.reader, title="Old bench?"), likes=1)
        make_question(self.other, title="New lamp?")
        content = self.get("/questions/?order=newest", by=self.reader)
        self.assertLess(content.index("New lamp?"), content.index("Old bench?"))
        self.assertNotIn("Old bench?", self.get("/questions/?q=lamp"))
        self.assertNotIn("New lamp?", self.get(f"/questions/?author={self.reader.pk}", by=self.reader))


class DistributionRaceTests(TransactionTestCase):
    def test_many_changes_of_answers_at_once_leave_true_counts(self) -> None:
        people = make_people(4)
        question = make_question(people[0])
        calls = [
            partial(answer_put, question_id=question.pk, user=user, value=value, at=AT)
            for user in people
            for value in (1, 3, 5)
        ]
        at_once([*calls, partial(answer_withdraw, question_id=question.pk, user=people[0])])
        self.assertEqual(stored_distributions(), expected_distributions())
