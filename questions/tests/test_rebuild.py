"""The rebuild counts every question again, and writes only those that are wrong."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.cast import CastTestCase
from common.tests.statements import statements
from questions.daily import Batch, rebuild
from questions.models import Question, Vote
from questions.tests.builders import AT, expected_counts, make_question, stored_counts, take_part


class RebuildTests(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        for number in range(7):
            take_part(make_question(cls.reader, at=AT + timedelta(days=number)), answers=number, likes=2, dislikes=1)
        Question.objects.filter(answers__in=[1, 2]).update(is_from_today=False, ranking=10)  # rankings that are wrong

    def versions(self) -> dict[int, str]:
        """Returns the physical place of each row, which changes when the row is written."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, ctid::text FROM questions_question")
            return dict(cursor.fetchall())

    def test_every_kind_of_error_is_corrected_and_other_rows_are_not_written(self) -> None:
        questions = list(Question.objects.order_by("pk"))
        Question.objects.filter(pk=questions[3].pk).update(answers=99)
        Question.objects.filter(pk=questions[4].pk).update(likes=0, dislikes=0)
        Question.objects.filter(pk=questions[5].pk).update(ranking=-1)
        Vote.objects.filter(question=questions[6], value="dislike").delete()
        before = self.versions()
        self.assertEqual(list(rebuild(dry_run=False, size=4)), [Batch(4, 3), Batch(3, 3)])
        self.assertEqual(stored_counts(), expected_counts())
        after = self.versions()
        self.assertEqual([key for key in before if before[key] == after[key]], [questions[0].pk])
        self.assertEqual(list(rebuild(dry_run=False, size=4)), [Batch(4, 0), Batch(3, 0)])
        self.assertEqual(self.versions(), after)

    def test_a_single_wrong_number_is_corrected(self) -> None:
        list(rebuild(dry_run=False))
        for name in ("answers", "likes", "dislikes", "ranking"):
            Question.objects.filter(pk=min(stored_counts())).update(**{name: 77})
            self.assertEqual(list(rebuild(dry_run=True)), [Batch(7, 1)])
            self.assertEqual(list(rebuild(dry_run=False)), [Batch(7, 1)])
            self.assertEqual(stored_counts(), expected_counts())

    def test_a_dry_run_writes_and_locks_nothing(self) -> None:
        before = self.versions()
        with CaptureQueriesContext(connection) as queries:
            self.assertEqual(list(rebuild(dry_run=True, size=4)), [Batch(4, 2), Batch(3, 0)])
        self.assertEqual(self.versions(), before)
        for query in queries:
            self.assertTrue(query["sql"].startswith("SELECT"))
            self.assertNotIn("FOR NO KEY", query["sql"])

    def test_questions_are_locked_by_id_before_they_are_counted(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            list(rebuild(dry_run=False))
        made = statements(queries)
        lock = next(number for number, sql in enumerate(made) if "FOR NO KEY UPDATE" in sql)
        self.assertRegex(made[lock], r'SELECT "questions_question"."id" .* ORDER BY 1 ASC FOR NO KEY UPDATE$')
        self.assertTrue(made[lock + 1].startswith("UPDATE"))

    def test_no_questions(self) -> None:
        Question.objects.all().delete()
        self.assertEqual(list(rebuild(dry_run=False)), [])
