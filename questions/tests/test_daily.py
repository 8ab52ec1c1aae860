"""The end of the day: which questions lose the bonus, when, and what a batch is."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from accounts.tests.cast import CastTestCase
from questions import daily
from questions.daily import Batch, days_end
from questions.models import Question
from questions.tests.builders import kept, make_question, recounted, take_part

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """A time as people of the place read it on their clocks."""
    return datetime.fromisoformat(text).astimezone(UTC)


class DayTests(CastTestCase):
    def ended(self, *, at: datetime, size: int = 100) -> int:
        return sum(batch.changed for batch in days_end(at=at, size=size))

    def is_ended(self, created: datetime, *, at: datetime) -> bool:
        """Whether a question of that time loses its bonus at that time."""
        question = make_question(self.reader, at=created)
        self.ended(at=at)
        question.refresh_from_db()
        self.assertEqual(question.ranking, 10 if question.is_from_today else 0)
        return not question.is_from_today

    def test_it_takes_the_ten_and_leaves_the_rest(self) -> None:
        old, new = make_question(self.reader, at=NOON - 24 * HOUR), make_question(self.reader, at=NOON)
        take_part(old, answers=2, likes=3, dislikes=1)
        take_part(new, answers=1)
        self.assertEqual(self.ended(at=NOON), 1)
        self.assertEqual(kept(), {old.pk: (2, 3, 1, 32), new.pk: (1, 0, 0, 20)})
        self.assertEqual(kept(), recounted())
        self.assertEqual(self.ended(at=NOON), 0)
        self.assertEqual(self.ended(at=NOON + 24 * HOUR), 1)
        self.assertEqual(kept(), recounted())

    def test_the_ranking_is_worked_out_anew_and_not_lowered(self) -> None:
        question = make_question(self.reader, at=NOON - 24 * HOUR)
        take_part(question, likes=1)
        Question.objects.update(ranking=999)
        self.ended(at=NOON)
        self.assertEqual(kept(), {question.pk: (0, 1, 0, 5)})

    def test_it_catches_up_on_missed_days(self) -> None:
        for days in range(5):
            make_question(self.reader, at=NOON - timedelta(days=days))
        self.assertEqual(self.ended(at=NOON), 4)
        self.assertEqual(Question.objects.filter(is_from_today=True).get().created, NOON)

    def test_the_created_date_alone_counts(self) -> None:
        question = make_question(self.reader, at=NOON - 24 * HOUR)
        Question.objects.filter(pk=question.pk).update(title="Changed today")
        take_part(question, likes=1)
        self.assertEqual(self.ended(at=NOON), 1)

    def test_a_day_ends_at_midnight(self) -> None:
        last, first = at("2026-03-02T23:59:59.999999+00:00"), at("2026-03-03T00:00:00+00:00")
        self.assertFalse(self.is_ended(last, at=last))
        self.assertTrue(self.is_ended(last, at=first))
        self.assertFalse(self.is_ended(first, at=first))
        self.assertFalse(self.is_ended(first, at=at("2026-03-03T23:59:59.999999+00:00")))

    @override_settings(TIME_ZONE="Asia/Tokyo")
    def test_a_midnight_is_that_of_the_place(self) -> None:
        midnight = at("2026-03-03T00:00:00+09:00")  # 15:00 of the day before in UTC
        self.assertFalse(self.is_ended(midnight - HOUR, at=midnight - timedelta(microseconds=1)))
        self.assertTrue(self.is_ended(midnight - timedelta(microseconds=1), at=midnight))
        self.assertFalse(self.is_ended(midnight, at=midnight + 23 * HOUR))

    @override_settings(TIME_ZONE="Europe/Berlin")
    def test_days_of_23_and_of_25_hours(self) -> None:
        for first, next_ in (
            ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
            ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
        ):
            start, end = at(first), at(next_)
            self.assertIn(end - start, (23 * HOUR, 25 * HOUR))
            self.assertTrue(self.is_ended(start - timedelta(seconds=1), at=start))
            self.assertFalse(self.is_ended(start, at=end - timedelta(seconds=1)))
            self.assertTrue(self.is_ended(end - timedelta(seconds=1), at=end))

    @override_settings(TIME_ZONE="America/Havana")
    def test_a_midnight_that_is_skipped_and_one_that_comes_twice(self) -> None:
        skipped = at("2026-03-08T01:00:00-04:00")  # the clocks go from 0:00 to 1:00
        self.assertTrue(self.is_ended(skipped - timedelta(seconds=1), at=skipped))
        self.assertFalse(self.is_ended(skipped, at=skipped))
        first = at("2026-11-01T00:00:00-04:00")  # and back from 1:00 to 0:00
        self.assertTrue(self.is_ended(first - timedelta(seconds=1), at=first + HOUR))
        self.assertFalse(self.is_ended(first, at=first + HOUR))

    def test_in_batches_of_the_oldest_first(self) -> None:
        made = [make_question(self.reader, at=NOON - timedelta(days=2 + number % 3)) for number in range(10)]
        oldest_first = [question.pk for question in sorted(made, key=lambda question: (question.created, question.pk))]
        with patch("questions.daily.bonus_take", wraps=daily.bonus_take) as taken:
            self.assertEqual(list(days_end(at=NOON, size=4)), [Batch(4, 4), Batch(4, 4), Batch(2, 2)])
        self.assertEqual([key for call in taken.call_args_list for key in call.args[0]], oldest_first)
        self.assertEqual(kept(), recounted())

    def test_what_was_done_is_not_walked_through_again(self) -> None:
        for number in range(6):
            make_question(self.reader, at=NOON - timedelta(days=9 - number))
        with CaptureQueriesContext(connection) as queries:
            list(days_end(at=NOON, size=2))
        reads = [query["sql"] for query in queries if "LIMIT 2" in query["sql"]]
        self.assertEqual(len(reads), 4)
        self.assertTrue(
            all('("questions_question"."created", "questions_question"."id") >' in sql for sql in reads[1:])
        )

    def test_a_batch_is_one_statement(self) -> None:
        for _ in range(6):
            make_question(self.reader, at=NOON - timedelta(days=2))
        with CaptureQueriesContext(connection) as queries:
            list(days_end(at=NOON, size=3))
        writing = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
        self.assertEqual(len(writing), 2)
        for sql in writing:
            self.assertRegex(sql, r'SELECT U0."id".* ORDER BY 1 ASC FOR NO KEY UPDATE\)$')

    def test_a_run_that_was_stopped_is_taken_up_by_the_next(self) -> None:
        for _ in range(10):
            make_question(self.reader, at=NOON - 24 * HOUR)
        stopped = days_end(at=NOON, size=3)
        self.assertEqual(next(stopped), Batch(3, 3))
        del stopped
        self.assertEqual(Question.objects.filter(is_from_today=True).count(), 7)
        self.assertEqual(kept(), recounted())
        self.assertEqual(self.ended(at=NOON, size=3), 7)
        self.assertEqual(kept(), recounted())

    def test_one_that_another_run_was_faster_with(self) -> None:
        question = make_question(self.reader, at=NOON - 24 * HOUR)
        Question.objects.update(is_from_today=False, ranking=0)
        self.assertEqual(daily.bonus_take([question.pk]), 0)
        self.assertEqual(kept(), recounted())

    def test_a_run_with_nothing_to_do_is_one_statement(self) -> None:
        make_question(self.reader, at=NOON)
        with self.assertNumQueries(1):
            self.assertEqual(list(days_end(at=NOON)), [])
