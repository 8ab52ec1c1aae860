"""Answering a question, and withdrawing the answer."""

from typing import Any

from accounts.models import User
from accounts.tests.cast import access_token
from accounts.tests.hostile import HostileTestCase
from questions.models import Answer, Question
from questions.services import answer_put
from questions.tests.builders import AT, expected_counts, make_question, path, shown_counts, stored_counts


class AnswerTests(HostileTestCase):
    question: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.question = make_question(cls.reader)
        make_question(cls.reader)  # must not change

    def tearDown(self) -> None:
        self.assertEqual(stored_counts(), expected_counts())

    def put(self, value: Any, *, by: User | None) -> Any:
        return self.call("PUT", path(self.question, "answer"), {"value": value}, by=by)

    def withdraw(self, *, by: User | None) -> Any:
        return self.call("DELETE", path(self.question, "answer"), by=by)

    def test_an_answer_counts_once_and_a_new_answer_replaces_it(self) -> None:
        for by, value, expected in (
            (self.other, 4, (1, 0, 0, 20, 4, None)),
            (self.other, 4, (1, 0, 0, 20, 4, None)),
            (self.other, 1, (1, 0, 0, 20, 1, None)),
            (self.clerk, 5, (2, 0, 0, 30, 5, None)),
            (self.reader, "3", (3, 0, 0, 40, 3, None)),  # the author may answer too
        ):
            answer = self.assert_status(self.put(value, by=by), 200)
            self.assertEqual(shown_counts(answer), expected)
            self.assertEqual(self.call("GET", path(self.question), by=by).json(), answer)
        self.assertEqual(
            set(Answer.objects.values_list("user", "value")),
            {(self.other.pk, 1), (self.clerk.pk, 5), (self.reader.pk, 3)},
        )

    def test_the_time_of_the_last_change_is_stored(self) -> None:
        answer_put(question_id=self.question.pk, user=self.other, value=2, at=AT)
        for value, changes in ((2, False), (3, True)):
            self.put(value, by=self.other)
            self.assertEqual(Answer.objects.get().changed > AT, changes)

    def test_an_answer_is_withdrawn_once(self) -> None:
        self.put(4, by=self.other)
        self.put(2, by=self.clerk)
        for _ in range(2):
            answer = self.assert_status(self.withdraw(by=self.other), 200)
            self.assertEqual(shown_counts(answer), (1, 0, 0, 20, None, None))
        self.assertEqual(Answer.objects.get().user, self.clerk)
        self.assertEqual(shown_counts(self.put(4, by=self.other).json()), (2, 0, 0, 30, 4, None))

    def test_answering_needs_credentials(self) -> None:
        for body in ({"value": 3}, {}, "{"):
            self.assert_status(self.call("PUT", path(self.question, "answer"), body), 401)
        self.assert_status(self.withdraw(by=None), 401)

    def test_other_values_than_1_to_5_are_refused(self) -> None:
        for value in (0, 6, -1, 3.0, 3.5, True, None, "", "x", "3.0", [3], {"a": 3}, 2**70, "\0"):
            with self.subTest(value=value):
                self.assertEqual(set(self.assert_status(self.put(value, by=self.other), 400)), {"value"})
        self.assertFalse(Answer.objects.exists())
        self.assert_bodies_refused("PUT", path(self.question, "answer"), by=self.other)

    def test_a_missing_question_is_404_even_with_a_bad_body(self) -> None:
        for body in ({"value": 3}, {}, {"value": 9}):
            self.assert_status(self.call("PUT", path(999_999, "answer"), body, by=self.other), 404)
        self.assert_status(self.call("DELETE", path(999_999, "answer"), by=self.other), 404)

    def test_other_methods_are_refused(self) -> None:
        self.assert_only(path(self.question, "answer"), "PUT", "DELETE", by=self.other)

    def test_number_of_queries(self) -> None:
        access_token(self.other)  # issued before the queries are counted
        # user, savepoint, lock, answer, count, release of the savepoint, question
        for act, value, queries in ((self.put, 3, 7), (self.put, 3, 6), (self.put, 4, 7)):
            with self.assertNumQueries(queries):
                act(value, by=self.other)
        for queries in (7, 6):
            with self.assertNumQueries(queries):
                self.withdraw(by=self.other)
