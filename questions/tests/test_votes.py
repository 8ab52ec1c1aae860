"""Voting on a question, and withdrawing the vote."""

from typing import Any

from accounts.models import User
from accounts.tests.cast import access_token
from accounts.tests.hostile import HostileTestCase
from questions.models import Question, Vote
from questions.services import vote_put
from questions.tests.builders import AT, expected_counts, make_question, path, shown_counts, stored_counts, take_part


class VoteTests(HostileTestCase):
    question: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.question = make_question(cls.reader)
        take_part(make_question(cls.reader), likes=1, dislikes=1)  # must not change

    def tearDown(self) -> None:
        self.assertEqual(stored_counts(), expected_counts())

    def put(self, value: Any, *, by: User | None) -> Any:
        return self.call("PUT", path(self.question, "vote"), {"value": value}, by=by)

    def withdraw(self, *, by: User | None) -> Any:
        return self.call("DELETE", path(self.question, "vote"), by=by)

    def test_a_vote_counts_once_and_a_new_vote_replaces_it(self) -> None:
        for by, value, expected in (
            (self.other, "like", (0, 1, 0, 15, None, "like")),
            (self.other, "like", (0, 1, 0, 15, None, "like")),
            (self.other, "dislike", (0, 0, 1, 7, None, "dislike")),
            (self.other, "dislike", (0, 0, 1, 7, None, "dislike")),
            (self.clerk, "dislike", (0, 0, 2, 4, None, "dislike")),
            (self.admin, "dislike", (0, 0, 3, 1, None, "dislike")),
            (self.librarian, "dislike", (0, 0, 4, -2, None, "dislike")),
            (self.reader, "like", (0, 1, 4, 3, None, "like")),  # the author may vote too
            (self.other, "like", (0, 2, 3, 11, None, "like")),
        ):
            answer = self.assert_status(self.put(value, by=by), 200)
            self.assertEqual(shown_counts(answer), expected)
            self.assertEqual(self.call("GET", path(self.question), by=by).json(), answer)

    def test_the_time_of_the_last_change_is_stored(self) -> None:
        vote_put(question_id=self.question.pk, user=self.other, value="like", at=AT)
        for value, changes in (("like", False), ("dislike", True)):
            self.put(value, by=self.other)
            self.assertEqual(Vote.objects.get(user=self.other).changed > AT, changes)

    def test_a_vote_is_withdrawn_once(self) -> None:
        self.put("like", by=self.clerk)
        for value in ("like", "dislike"):
            self.put(value, by=self.other)
            for _ in range(2):
                answer = self.assert_status(self.withdraw(by=self.other), 200)
                self.assertEqual(shown_counts(answer), (0, 1, 0, 15, None, None))
        self.assertEqual(shown_counts(self.put("dislike", by=self.other).json()), (0, 1, 1, 12, None, "dislike"))

    def test_answers_and_votes_are_independent(self) -> None:
        self.call("PUT", path(self.question, "answer"), {"value": 2}, by=self.other)
        self.assertEqual(shown_counts(self.put("like", by=self.other).json()), (1, 1, 0, 25, 2, "like"))
        self.assertEqual(shown_counts(self.withdraw(by=self.other).json()), (1, 0, 0, 20, 2, None))

    def test_votes_after_the_bonus_was_removed(self) -> None:
        Question.objects.filter(pk=self.question.pk).update(is_from_today=False, ranking=0)
        self.assertEqual(self.put("like", by=self.other).json()["ranking"], 5)
        self.assertEqual(self.withdraw(by=self.other).json()["ranking"], 0)

    def test_voting_needs_credentials(self) -> None:
        for body in ({"value": "like"}, {}, "{"):
            self.assert_status(self.call("PUT", path(self.question, "vote"), body), 401)
        self.assert_status(self.withdraw(by=None), 401)

    def test_other_values_than_like_and_dislike_are_refused(self) -> None:
        for value in ("", "LIKE", "likes", " like", 1, True, None, ["like"], {"like": 1}, "like\0", 2**70):
            with self.subTest(value=value):
                self.assertEqual(set(self.assert_status(self.put(value, by=self.other), 400)), {"value"})
        self.assertFalse(Vote.objects.filter(question=self.question).exists())
        self.assert_bodies_refused("PUT", path(self.question, "vote"), by=self.other)

    def test_a_missing_question_is_404_even_with_a_bad_body(self) -> None:
        for body in ({"value": "like"}, {}, {"value": "x"}):
            self.assert_status(self.call("PUT", path(999_999, "vote"), body, by=self.other), 404)
        self.assert_status(self.call("DELETE", path(999_999, "vote"), by=self.other), 404)

    def test_other_methods_are_refused(self) -> None:
        self.assert_only(path(self.question, "vote"), "PUT", "DELETE", by=self.other)

    def test_number_of_queries(self) -> None:
        access_token(self.other)  # issued before the queries are counted
        # user, savepoint, lock and vote, counts, release of the savepoint, question
        for value, queries in (("like", 6), ("like", 5), ("dislike", 6)):
            with self.assertNumQueries(queries):
                self.put(value, by=self.other)
        for queries in (7, 6):
            with self.assertNumQueries(queries):
                self.withdraw(by=self.other)
