"""Removing the bonus of the day: from which questions, when, and in which batches."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from accounts.tests.cast import CastTestCase
from common.tests.statements import statements
from questions import daily
from questions.daily import Batch, remove_expired_bonuses
from questions.models import Question
from questions.tests.builders import expected_counts, make_question, stored_counts, take_part

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def local_time(text: str) -> datetime:
    """Parses a local time with its offset."""
    return datetime.fromisoformat(text).astimezone(UTC)


class DayTests(CastTestCase):
    def remove(self, *, at: datetime, size: int = 100) -> int:
        return sum(batch.changed for batch in remove_expired_bonuses(at=at, size=size))

    def loses_bonus(self, created: datetime, *, at: datetime) -> bool:
        """Returns whether a question that was created then loses its bonus at the time `at`."""
        question = make_question(self.reader, at=created)
        self.remove(at=at)
        question.refresh_from_db()
        self.assertEqual(question.ranking, 10 if question.is_from_today else 0)
        return not question.is_from_today

    def test_it_removes_ten_points_from_older_questions_only(self) -> None:
        old, new = make_question(self.reader, at=NOON - 24 * HOUR), make_question(self.reader, at=NOON)
        take_part(old, answers=2, likes=3, dislikes=1)
        take_part(new, answers=1)
        self.assertEqual(self.remove(at=NOON), 1)
        self.assertEqual(stored_counts(), {old.pk: (2, 3, 1, 32), new.pk: (1, 0, 0, 20)})
        self.assertEqual(stored_counts(), expected_counts())
        self.assertEqual(self.remove(at=NOON), 0)
        self.assertEqual(self.remove(at=NOON + 24 * HOUR), 1)
        self.assertEqual(stored_counts(), expected_counts())

    def test_the_ranking_is_computed_from_the_counts(self) -> None:
        question = make_question(self.reader, at=NOON - 24 * HOUR)
        take_part(question, likes=1)
        Question.objects.update(ranking=999)
        self.remove(at=NOON)
        self.assertEqual(stored_counts(), {question.pk: (0, 1, 0, 5)})

    def test_it_catches_up_on_missed_days(self) -> None:
        for days in range(5):
            make_question(self.reader, at=NOON - timedelta(days=days))
        self.assertEqual(self.remove(at=NOON), 4)
        self.assertEqual(Question.objects.filter(is_from_today=True).get().created, NOON)

    def test_only_the_time_of_creation_counts(self) -> None:
        question = make_question(self.reader, at=NOON - 24 * HOUR)
        Question.objects.filter(pk=question.pk).update(title="Changed today")
        take_part(question, likes=1)
        self.assertEqual(self.remove(at=NOON), 1)

    def test_a_day_ends_at_midnight(self) -> None:
        last, first = local_time("2026-03-02T23:59:59.999999+00:00"), local_time("2026-03-03T00:00:00+00:00")
        self.assertFalse(self.loses_bonus(last, at=last))
        self.assertTrue(self.loses_bonus(last, at=first))
        self.assertFalse(self.loses_bonus(first, at=first))
        self.assertFalse(self.loses_bonus(first, at=local_time("2026-03-03T23:59:59.999999+00:00")))

    @override_settings(TIME_ZONE="Asia/Tokyo")
    def test_midnight_is_in_the_local_time_zone(self) -> None:
        midnight = local_time("2026-03-03T00:00:00+09:00")  # 15:00 of the day before in UTC
        self.assertFalse(self.loses_bonus(midnight - HOUR, at=midnight - timedelta(microseconds=1)))
        self.assertTrue(self.loses_bonus(midnight - timedelta(microseconds=1), at=midnight))
        self.assertFalse(self.loses_bonus(midnight, at=midnight + 23 * HOUR))

    @override_settings(TIME_ZONE="Europe/Berlin")
    def test_days_of_23_and_of_25_hours(self) -> None:
        for first, next_ in (
            ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
            ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
        ):
            start, end = local_time(first), local_time(next_)
            self.assertIn(end - start, (23 * HOUR, 25 * HOUR))
            self.assertTrue(self.loses_bonus(start - timedelta(seconds=1), at=start))
            self.assertFalse(self.loses_bonus(start, at=end - timedelta(seconds=1)))
            self.assertTrue(self.loses_bonus(end - timedelta(seconds=1), at=end))

    @override_settings(TIME_ZONE="America/Havana")
    def test_a_skipped_midnight_and_a_midnight_that_comes_twice(self) -> None:
        skipped = local_time("2026-03-08T01:00:00-04:00")  # the clocks go from 0:00 to 1:00
        self.assertTrue(self.loses_bonus(skipped - timedelta(seconds=1), at=skipped))
        self.assertFalse(self.loses_bonus(skipped, at=skipped))
        first = local_time("2026-11-01T00:00:00-04:00")  # and back from 1:00 to 0:00
        self.assertTrue(self.loses_bonus(first - timedelta(seconds=1), at=first + HOUR))
        self.assertFalse(self.loses_bonus(first, at=first + HOUR))

    def test_the_oldest_questions_are_in_the_first_batch(self) -> None:
        questions = [make_question(self.reader, at=NOON - timedelta(days=2 + number % 3)) for number in range(10)]
        questions.sort(key=lambda question: (question.created, question.pk))
        with patch("questions.daily.remove_bonuses", wraps=daily.remove_bonuses) as remove:
            self.assertEqual(list(remove_expired_bonuses(at=NOON, size=4)), [Batch(4, 4), Batch(4, 4), Batch(2, 2)])
        ids = [pk for call in remove.call_args_list for pk in call.args[0]]
        self.assertEqual(ids, [question.pk for question in questions])
        self.assertEqual(stored_counts(), expected_counts())

    def test_a_batch_starts_after_the_last_row_of_the_batch_before(self) -> None:
        for number in range(6):
            make_question(self.reader, at=NOON - timedelta(days=9 - number))
        with CaptureQueriesContext(connection) as queries:
            list(remove_expired_bonuses(at=NOON, size=2))
        reads = [query["sql"] for query in queries if "LIMIT 2" in query["sql"]]
        self.assertEqual(len(reads), 4)
        self.assertTrue(
            all('("questions_question"."created", "questions_question"."id") >' in sql for sql in reads[1:])
        )

    def test_a_batch_is_written_by_one_statement(self) -> None:
        for _ in range(6):
            make_question(self.reader, at=NOON - timedelta(days=2))
        with CaptureQueriesContext(connection) as queries:
            list(remove_expired_bonuses(at=NOON, size=3))
        writing = [sql for sql in statements(queries) if sql.startswith("UPDATE")]
        self.assertEqual(len(writing), 2)
        for sql in writing:
            self.assertRegex(sql, r'SELECT U0."id".* ORDER BY 1 ASC FOR NO KEY UPDATE\)$')

    def test_a_new_run_continues_a_stopped_one(self) -> None:
        for _ in range(10):
            make_question(self.reader, at=NOON - 24 * HOUR)
        stopped = remove_expired_bonuses(at=NOON, size=3)
        self.assertEqual(next(stopped), Batch(3, 3))
        del stopped
        self.assertEqual(Question.objects.filter(is_from_today=True).count(), 7)
        self.assertEqual(stored_counts(), expected_counts())
        self.assertEqual(self.remove(at=NOON, size=3), 7)
        self.assertEqual(stored_counts(), expected_counts())

    def test_a_question_that_another_run_has_changed_is_left_alone(self) -> None:
        question = make_question(self.reader, at=NOON - 24 * HOUR)
        Question.objects.update(is_from_today=False, ranking=0)
        self.assertEqual(daily.remove_bonuses([question.pk]), 0)
        self.assertEqual(stored_counts(), expected_counts())

    def test_a_run_without_work_is_one_query(self) -> None:
        make_question(self.reader, at=NOON)
        with self.assertNumQueries(1):
            self.assertEqual(list(remove_expired_bonuses(at=NOON)), [])
