"""Liking or disliking a question, and taking the vote back."""

from typing import Any

from accounts.models import User
from accounts.tests.hostile import HostileTestCase
from questions.models import Question, Vote
from questions.services import vote_put
from questions.tests.builders import AT, kept, make_question, path, recounted, seen, take_part


class VoteTests(HostileTestCase):
    question: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.question = make_question(cls.reader)
        take_part(make_question(cls.reader), likes=1, dislikes=1)  # which nothing here may touch

    def tearDown(self) -> None:
        self.assertEqual(kept(), recounted())

    def put(self, value: Any, *, by: User | None) -> Any:
        return self.call("PUT", path(self.question, "vote"), {"value": value}, by=by)

    def withdraw(self, *, by: User | None) -> Any:
        return self.call("DELETE", path(self.question, "vote"), by=by)

    def test_a_vote_counts_once_and_is_replaced(self) -> None:
        for by, value, expected in (
            (self.other, "like", (0, 1, 0, 15, None, "like")),
            (self.other, "like", (0, 1, 0, 15, None, "like")),
            (self.other, "dislike", (0, 0, 1, 7, None, "dislike")),
            (self.other, "dislike", (0, 0, 1, 7, None, "dislike")),
            (self.clerk, "dislike", (0, 0, 2, 4, None, "dislike")),
            (self.admin, "dislike", (0, 0, 3, 1, None, "dislike")),
            (self.librarian, "dislike", (0, 0, 4, -2, None, "dislike")),
            (self.reader, "like", (0, 1, 4, 3, None, "like")),  # the author as well
            (self.other, "like", (0, 2, 3, 11, None, "like")),
        ):
            answer = self.assert_status(self.put(value, by=by), 200)
            self.assertEqual(seen(answer), expected)
            self.assertEqual(self.call("GET", path(self.question), by=by).json(), answer)

    def test_the_time_is_that_of_the_last_change(self) -> None:
        vote_put(question_id=self.question.pk, user=self.other, value="like", at=AT)
        for value, changes in (("like", False), ("dislike", True)):
            self.put(value, by=self.other)
            self.assertEqual(Vote.objects.get(user=self.other).changed > AT, changes)

    def test_it_is_taken_back_once(self) -> None:
        self.put("like", by=self.clerk)
        for value in ("like", "dislike"):
            self.put(value, by=self.other)
            for _ in range(2):
                answer = self.assert_status(self.withdraw(by=self.other), 200)
                self.assertEqual(seen(answer), (0, 1, 0, 15, None, None))
        self.assertEqual(seen(self.put("dislike", by=self.other).json()), (0, 1, 1, 12, None, "dislike"))

    def test_answers_and_votes_do_not_know_of_each_other(self) -> None:
        self.call("PUT", path(self.question, "answer"), {"value": 2}, by=self.other)
        self.assertEqual(seen(self.put("like", by=self.other).json()), (1, 1, 0, 25, 2, "like"))
        self.assertEqual(seen(self.withdraw(by=self.other).json()), (1, 0, 0, 20, 2, None))

    def test_without_the_bonus_of_the_day(self) -> None:
        Question.objects.filter(pk=self.question.pk).update(is_from_today=False, ranking=0)
        self.assertEqual(self.put("like", by=self.other).json()["ranking"], 5)
        self.assertEqual(self.withdraw(by=self.other).json()["ranking"], 0)

    def test_nobody_votes_without_credentials_whatever_the_body(self) -> None:
        for body in ({"value": "like"}, {}, "{"):
            self.assert_status(self.call("PUT", path(self.question, "vote"), body), 401)
        self.assert_status(self.withdraw(by=None), 401)

    def test_only_like_and_dislike(self) -> None:
        for value in ("", "LIKE", "likes", " like", 1, True, None, ["like"], {"like": 1}, "like\0", 2**70):
            with self.subTest(value=value):
                self.assertEqual(set(self.assert_status(self.put(value, by=self.other), 400)), {"value"})
        self.assertFalse(Vote.objects.filter(question=self.question).exists())
        self.assert_bodies_refused("PUT", path(self.question, "vote"), by=self.other)

    def test_a_question_that_is_not_there(self) -> None:
        for body in ({"value": "like"}, {}, {"value": "x"}):
            self.assert_status(self.call("PUT", path(999_999, "vote"), body, by=self.other), 404)
        self.assert_status(self.call("DELETE", path(999_999, "vote"), by=self.other), 404)

    def test_other_verbs(self) -> None:
        self.assert_only(path(self.question, "vote"), "PUT", "DELETE", by=self.other)

    def test_the_statements(self) -> None:
        # who, a savepoint, the lock, the vote, the counts, the end of the savepoint, the question
        for value, queries in (("like", 7), ("like", 6), ("dislike", 7)):
            with self.assertNumQueries(queries):
                self.put(value, by=self.other)
        for queries in (7, 6):
            with self.assertNumQueries(queries):
                self.withdraw(by=self.other)
