"""The dashboard's figures of questions, answers and votes."""

from datetime import UTC, datetime, timedelta

from accounts.tests.cast import CastTestCase
from common.tests.figures import figures_of, table_of
from questions.figures import answers, questions, votes
from questions.models import Answer, Question, Vote
from questions.tests.builders import make_people, make_question, take_part

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
TODAY, TOMORROW = datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
TIMES = (TODAY - INSTANT, TODAY, TOMORROW - INSTANT, TOMORROW)


class QuestionFiguresTests(CastTestCase):
    def test_questions_of_today(self) -> None:
        for at in TIMES:
            make_question(self.reader, at=at)
        self.assertEqual(figures_of(questions(at=AT)), {"Questions today": 2})

    def test_the_highest_rankings_of_today_come_first(self) -> None:
        yesterday = make_question(self.reader, at=TODAY - INSTANT)
        take_part(yesterday, likes=9)
        for likes in (2, 5, 1, 4, 0, 3):
            take_part(make_question(self.reader, at=AT, title=f"{likes} likes"), likes=likes)
        self.assertEqual(table_of(questions(at=AT)), [(f"{likes} likes", 10 + 5 * likes) for likes in (5, 4, 3, 2, 1)])

    def test_answers_and_votes_of_today(self) -> None:
        question = make_question(self.reader, at=TODAY - timedelta(days=9))
        for user, at in zip(make_people(4), TIMES, strict=True):
            Answer.objects.create(question=question, user=user, value=3, changed=at)
            Vote.objects.create(question=question, user=user, value="like", changed=at)
        Vote.objects.filter(changed=TODAY).update(value="dislike")
        self.assertEqual(figures_of(answers(at=AT)), {"Answers today": 2})
        self.assertEqual(figures_of(votes(at=AT)), {"Votes today": 2})

    def test_a_day_without_questions(self) -> None:
        self.assertFalse(Question.objects.exists())
        self.assertEqual(figures_of(questions(at=AT)), {"Questions today": 0})
        self.assertEqual(table_of(questions(at=AT)), [])
