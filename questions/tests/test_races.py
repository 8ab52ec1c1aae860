"""Calls at the same time, in real threads with real connections."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.http import Http404
from django.test import TransactionTestCase, tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import call, make_user
from accounts.tests.races import SAFETY_NET_SECONDS, at_once, statuses, wait_until_blocked
from questions.daily import Batch, rebuild, remove_expired_bonuses
from questions.models import Answer, Question, Vote
from questions.services import answer_put, answer_withdraw, question_delete, vote_put, vote_withdraw
from questions.tests.builders import AT, expected_counts, make_people, make_question, path, stored_counts, take_part


def number_changed(batches: Iterator[Batch]) -> int:
    return sum(batch.changed for batch in batches)


def closing(act: Callable[[], Any]) -> Any:
    """Returns the result of the act, and closes the connection of its thread."""
    try:
        return act()
    finally:
        connection.close()


class RaceTestCase(TransactionTestCase):
    def setUp(self) -> None:
        self.author = make_user("author")
        self.question = make_question(self.author)

    def tearDown(self) -> None:
        self.assertEqual(stored_counts(), expected_counts())

    def put(self, act: str, value: Any, *, by: User) -> Callable[[], Any]:
        return partial(call, "PUT", path(self.question, act), {"value": value}, by=by)

    @contextmanager
    def meanwhile(self, act: Callable[[], Any]) -> Iterator[Future[Any]]:
        """Runs the block in a transaction that ends when the act, in another thread, waits for it.

        The future has the result of the act after the block. Raises the exception of the act.
        """
        done: Future[Any] = Future()
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                yield done
                started = pool.submit(closing, act)
                wait_until_blocked(is_over=started.done)
            done.set_result(started.result(SAFETY_NET_SECONDS))


class VoteRaceTests(RaceTestCase):
    def test_many_users_vote_and_answer_at_once(self) -> None:
        calls = [self.put("vote", "like", by=user) for user in make_people(12)]
        calls += [self.put("answer", 4, by=user) for user in make_people(12)]
        self.assertEqual(statuses(at_once(calls)), {200: 24})
        self.assertEqual(stored_counts()[self.question.pk], (12, 12, 0, 190))

    @tag("slow")
    def test_one_user_likes_and_dislikes_at_once(self) -> None:
        for _ in range(3):
            calls = [self.put("vote", value, by=self.author) for value in ("like", "dislike") * 6]
            self.assertEqual(statuses(at_once(calls)), {200: 12})
            self.assertEqual(Vote.objects.count(), 1)
            self.assertEqual(stored_counts(), expected_counts())

    def test_one_user_answers_and_withdraws_at_once(self) -> None:
        calls = [self.put("answer", 1 + number % 5, by=self.author) for number in range(10)]
        self.assertEqual(statuses(at_once(calls)), {200: 10})
        self.assertEqual(Answer.objects.count(), 1)
        calls[::2] = [partial(call, "DELETE", path(self.question, "answer"), by=self.author)] * 5
        self.assertEqual(statuses(at_once(calls)), {200: 10})

    def test_the_response_includes_the_callers_own_vote(self) -> None:
        answers = at_once([self.put("vote", "like", by=user) for user in make_people(8)])
        self.assertEqual({answer.json()["my_vote"] for answer in answers}, {"like"})
        self.assertEqual(max(answer.json()["likes"] for answer in answers), 8)


class DeletionRaceTests(RaceTestCase):
    @tag("slow")
    def test_voting_while_the_question_is_deleted(self) -> None:
        for _ in range(5):
            self.question = make_question(self.author)
            people = make_people(8)
            take_part(self.question, likes=3)
            calls = [self.put("vote", "like", by=user) for user in people]
            calls[4:4] = [partial(call, "DELETE", path(self.question), by=self.author)] * 2
            answers = statuses(at_once(calls))
            self.assertEqual(set(answers) - {200, 204, 404}, set())  # no 503, which a deadlock would cause
            self.assertEqual(answers[204], 1)
            self.assertFalse(Vote.objects.filter(question=self.question.pk).exists())

    def test_deleting_locks_the_question_before_its_votes(self) -> None:
        vote = partial(vote_put, question_id=self.question.pk, user=self.author, at=AT)
        vote(value="like")
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                Question.objects.select_for_update(no_key=True).get(pk=self.question.pk)
                deleted = pool.submit(closing, partial(question_delete, question_id=self.question.pk))
                wait_until_blocked(is_over=deleted.done)
                vote(value="dislike")  # would deadlock if the vote had been deleted first
            deleted.result(20)
        self.assertFalse(Question.objects.exists())

    def test_acts_that_waited_for_the_deletion_raise_404(self) -> None:
        def acts(question: Question) -> list[Callable[[], None]]:
            own: dict[str, Any] = {"question_id": question.pk, "user": self.author}
            put = [partial(vote_put, **own, value="like", at=AT), partial(answer_put, **own, value=1, at=AT)]
            return [*put, partial(vote_withdraw, **own), partial(answer_withdraw, **own)]

        for number in range(4):
            question = make_question(self.author)
            act = acts(question)[number]
            with self.subTest(act=act), self.assertRaises(Http404), self.meanwhile(act):
                question_delete(question_id=question.pk)


class DailyRaceTests(RaceTestCase):
    def test_runs_at_once_change_each_question_once(self) -> None:
        now = timezone.now()
        for number in range(60):
            make_question(self.author, at=now - timedelta(days=1 + number * 7 % 5))
        runs = [lambda: number_changed(remove_expired_bonuses(at=now, size=4))] * 3
        self.assertEqual(sum(at_once(runs)), 61)
        self.assertFalse(Question.objects.filter(is_from_today=True).exists())

    def test_the_run_waits_for_a_vote_and_counts_it(self) -> None:
        with self.meanwhile(self.run_daily) as done:
            vote_put(question_id=self.question.pk, user=self.author, value="like", at=AT)
            answer_put(question_id=self.question.pk, user=self.author, value=3, at=AT)
        self.assertEqual(done.result(), 1)
        self.assertEqual(stored_counts()[self.question.pk], (1, 1, 0, 15))

    def test_a_run_that_waited_for_another_changes_nothing(self) -> None:
        with self.meanwhile(self.run_daily) as done:
            self.run_daily()
        self.assertEqual(done.result(), 0)

    def run_daily(self) -> int:
        return number_changed(remove_expired_bonuses(at=timezone.now()))

    def test_a_vote_that_waits_for_the_run_is_counted(self) -> None:
        vote = partial(vote_put, question_id=self.question.pk, user=self.author, value="like", at=AT)
        with self.meanwhile(vote):
            self.run_daily()
        self.assertEqual(stored_counts()[self.question.pk], (0, 1, 0, 5))

    def test_votes_during_the_run(self) -> None:
        questions = [make_question(self.author) for _ in range(12)]
        people = make_people(4)

        def vote(user: User) -> None:
            for question in questions:
                vote_put(question_id=question.pk, user=user, value="like", at=AT)

        at_once(
            [
                *(partial(vote, user) for user in people),
                lambda: number_changed(remove_expired_bonuses(at=timezone.now(), size=2)),
            ]
        )
        self.assertEqual({stored_counts()[question.pk] for question in questions}, {(0, 4, 0, 20)})


class RebuildRaceTests(RaceTestCase):
    def test_a_rebuild_waits_for_a_vote_and_counts_it(self) -> None:
        take_part(self.question, answers=1)
        Question.objects.update(likes=5)
        with self.meanwhile(lambda: number_changed(rebuild(dry_run=False))) as done:
            vote_put(question_id=self.question.pk, user=self.author, value="like", at=AT)
        self.assertEqual(done.result(), 1)
        self.assertEqual(stored_counts()[self.question.pk], (1, 1, 0, 25))

    def test_a_vote_that_waits_for_the_rebuild_is_counted(self) -> None:
        Question.objects.update(likes=5)
        vote = partial(vote_put, question_id=self.question.pk, user=self.author, value="like", at=AT)
        with self.meanwhile(vote):
            number_changed(rebuild(dry_run=False))
        self.assertEqual(stored_counts()[self.question.pk], (0, 1, 0, 15))

    @tag("slow")
    def test_votes_daily_runs_and_rebuilds_at_once(self) -> None:
        # The oldest questions have the highest ids, so that a run by time and a rebuild by id meet.
        questions = [make_question(self.author, at=AT - timedelta(days=number)) for number in range(40)]

        def vote(user: User) -> None:
            for question in questions[:: 1 if user.pk % 2 else -1]:
                vote_put(question_id=question.pk, user=user, value="dislike", at=AT)

        runs: list[Callable[[], Any]] = [
            lambda: number_changed(remove_expired_bonuses(at=timezone.now(), size=15)),
            lambda: [number_changed(rebuild(dry_run=False, size=15)) for _ in range(3)],
        ]
        for _ in range(2):
            Question.objects.update(is_from_today=True, likes=3, ranking=0)
            at_once([*runs, *runs, *(partial(vote, user) for user in make_people(3))])
            number_changed(rebuild(dry_run=False))
            self.assertEqual(stored_counts(), expected_counts())
