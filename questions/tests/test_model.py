"""The constraints of the database, and the formula of the ranking."""

from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, IntegerField, ProtectedError
from django.db.models.functions import Cast
from django.test import SimpleTestCase

from accounts.tests.cast import CastTestCase
from common.exceptions import violated_constraint
from questions.models import Answer, Question, Vote
from questions.ranking import ranking
from questions.tests.builders import AT, make_question, take_part


class FormulaTests(SimpleTestCase):
    def test_points_of_answers_likes_dislikes_and_today(self) -> None:
        for arguments, expected in (
            ((0, 0, 0, True), 10),
            ((0, 0, 0, False), 0),
            ((1, 0, 0, False), 10),
            ((0, 1, 0, False), 5),
            ((0, 0, 1, False), -3),
            ((2, 3, 2, True), 39),
        ):
            self.assertEqual(ranking(*arguments), expected)


class ModelTests(CastTestCase):
    def test_numbers_and_expressions_give_the_same_ranking(self) -> None:
        take_part(make_question(self.reader), answers=2, likes=3, dislikes=1)
        take_part(make_question(self.reader), dislikes=2)
        Question.objects.filter(likes=0).update(is_from_today=False)
        today = Cast("is_from_today", IntegerField())
        expression = ranking(F("answers"), F("likes"), F("dislikes"), today)
        for question in Question.objects.annotate(computed=expression):
            computed: Any = getattr(question, "computed")  # noqa: B009  mypy does not see the annotation
            number = ranking(question.answers, question.likes, question.dislikes, question.is_from_today)
            self.assertEqual(computed, number)

    def violated(self, act: Any) -> str:
        """Returns the constraint that the act violates; "" if it violates none."""
        try:
            with transaction.atomic():
                act()
        except IntegrityError as error:
            return violated_constraint(error)
        except DataError:
            return "too long"
        return ""

    def test_constraints_of_questions(self) -> None:
        questions = Question.objects.filter(pk=make_question(self.reader).pk)
        for changes, constraint in (
            ({"title": ""}, "question_has_title"),
            ({"title": "x" * 201}, "too long"),
            ({"description": ""}, "question_has_description"),
            ({"description": "é" * 10_001}, "question_not_endless"),
            ({"description": "é" * 10_000}, ""),
            ({"answers": -1}, "questions_question_answers_check"),
            ({"likes": -1}, "questions_question_likes_check"),
            ({"dislikes": -1}, "questions_question_dislikes_check"),
            ({"ranking": -1}, ""),
        ):
            with self.subTest(changes=str(changes)[:60]):
                self.assertEqual(self.violated(lambda changes=changes: questions.update(**changes)), constraint)

    def test_constraints_of_answers_and_votes(self) -> None:
        question = make_question(self.reader)
        for model, good, bad, check, unique in (
            (Answer, (1, 5), (0, 6), "answer_value_in_range", "one_answer_of_a_user"),
            (Vote, ("like", "dislike"), ("", "liked"), "vote_value_known", "one_vote_of_a_user"),
        ):
            for value, constraint in ((bad[0], check), (bad[1], check), (good[0], ""), (good[1], unique)):
                with self.subTest(model=model, value=value):
                    row = model(question=question, user=self.other, value=value, changed=AT)
                    self.assertEqual(self.violated(row.save), constraint)

    def test_users_with_questions_answers_or_votes_cannot_be_deleted(self) -> None:
        question = make_question(self.reader)
        Answer.objects.create(question=question, user=self.other, value=1, changed=AT)
        Vote.objects.create(question=question, user=self.clerk, value="like", changed=AT)
        for user in (self.reader, self.other, self.clerk):
            with self.assertRaises(ProtectedError):
                user.delete()

    def test_names(self) -> None:
        question = make_question(self.reader)
        row = {"question": question, "user": self.other, "changed": AT}
        answer, vote = Answer.objects.create(value=1, **row), Vote.objects.create(value="like", **row)
        names = [str(one) for one in (question, answer, vote)]
        self.assertEqual(names, [question.title, f"answer {answer.pk}", f"vote {vote.pk}"])
