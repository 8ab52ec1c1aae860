"""What holds for a question after any acts in any order."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis.strategies import integers, just, lists, sampled_from, tuples

from accounts.models import User
from common.tests.properties import PropertyTestCase
from questions import services
from questions.daily import rebuild, remove_expired_bonuses
from questions.models import Question
from questions.tests.builders import AT, make_people, make_question

PEOPLE = 3
people = integers(0, PEOPLE - 1)
acts = lists(
    tuples(just("answer"), people, integers(1, 5))
    | tuples(just("vote"), people, sampled_from(["like", "dislike"]))
    | tuples(sampled_from(["take back the answer", "take back the vote", "edit"]), people, just(None))
    | tuples(sampled_from(["daily", "rebuild"]), integers(0, 1), just(None)),
    max_size=15,
)


class RankingTests(PropertyTestCase):
    users: list[User]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.users = make_people(PEOPLE)

    @given(acts)
    def test_ranking_and_counts_follow_from_the_last_answers_and_votes(self, done: list[tuple[str, int, Any]]) -> None:
        answers: dict[int, int] = {}
        votes: dict[int, str] = {}
        is_from_today = True
        question_id = make_question(self.users[0]).pk
        for act, number, value in done:
            self.act(act, number, value, question_id)
            if act == "answer":
                answers[number] = value
            elif act == "vote":
                votes[number] = value
            elif act == "take back the answer":
                answers.pop(number, None)
            elif act == "take back the vote":
                votes.pop(number, None)
            elif act == "daily" and number:  # on a later day
                is_from_today = False
        question = Question.objects.get(pk=question_id)
        likes, dislikes = (list(votes.values()).count(value) for value in ("like", "dislike"))
        self.assertEqual((question.answers, question.likes, question.dislikes), (len(answers), likes, dislikes))
        self.assertEqual(question.is_from_today, is_from_today)
        self.assertEqual(question.ranking, 10 * len(answers) + 5 * likes - 3 * dislikes + 10 * is_from_today)
        stored = [getattr(question, f"answers_{value}") for value in range(1, 6)]
        self.assertEqual(stored, [list(answers.values()).count(value) for value in range(1, 6)])

    def act(self, act: str, number: int, value: Any, question_id: int) -> None:
        if act == "answer":
            services.answer_put(question_id=question_id, user=self.users[number], value=value, at=AT)
        elif act == "vote":
            services.vote_put(question_id=question_id, user=self.users[number], value=value, at=AT)
        elif act == "take back the answer":
            services.answer_withdraw(question_id=question_id, user=self.users[number])
        elif act == "take back the vote":
            services.vote_withdraw(question_id=question_id, user=self.users[number])
        elif act == "edit":
            services.question_update(question_id=question_id, title=f"Title {number}")
        elif act == "daily":
            list(remove_expired_bonuses(at=AT + timedelta(days=number)))
        else:
            list(rebuild(dry_run=False))
