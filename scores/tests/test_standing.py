"""What the answer to a score says about the user's best score before, and about the rank that was gained."""

import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from django.db import connection, transaction
from django.test import TransactionTestCase

from accounts.models import User
from accounts.tests.cast import CastTestCase
from scores.models import Score
from scores.services import score_submit
from scores.tests.builders import make_score, make_users

AT = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
WAIT_SECONDS = 0.3


def standing(score: Score) -> tuple[Any, Any, Any]:
    return score.previous_best, score.rank, score.previous_rank


def submit(user: User, points: int, by: User | None = None) -> tuple[Any, Any, Any]:
    return standing(score_submit(input_value=Decimal(points - 1), user=user, by=by or user, at=AT))


class StandingTests(CastTestCase):
    def test_a_score_is_compared_with_the_best_before_and_with_other_users(self) -> None:
        for player, points in zip(make_users(4), (50, 40, 40, 30), strict=True):
            make_score(player, points, at=AT)
        for points, expected in {
            20: (None, 5, None),
            10: (20, 5, 5),
            35: (20, 4, 5),
            40: (35, 2, 4),
            41: (40, 2, 2),
            99: (41, 1, 2),
            98: (99, 1, 1),
        }.items():
            with self.subTest(points=points):
                self.assertEqual(submit(self.reader, points), expected)

    def test_the_answer_of_both_paths_has_it(self) -> None:
        make_score(self.other, 50, at=AT)
        for path, value, expected in (
            ("/api/v3/scores/", 9, {"previous_best": None, "rank": 2, "previous_rank": None}),
            ("/scores/api/get_score/", 98.5, {"previous_best": 10, "rank": 1, "previous_rank": 2}),
            ("/api/v3/scores/", 9, {"previous_best": 99.5, "rank": 1, "previous_rank": 1}),
        ):
            answer = self.assert_status(self.call("POST", path, {"input_value": value}, by=self.reader), 201)
            self.assertEqual({name: answer[name] for name in expected}, expected)

    def test_claims_have_none_and_do_not_count(self) -> None:
        make_score(self.reader, 5, at=AT)
        for body in ({}, {"user": self.reader.pk}):
            answer = self.assert_status(self.call("POST", "/api/v3/scores/", {"input_value": 70, **body}), 201)
            expected = (False, None, None, None)
            names = ("verified", "previous_best", "rank", "previous_rank")
            self.assertEqual(tuple(answer[name] for name in names), expected)
        self.assertEqual(submit(self.reader, 6), (5, 1, 1))

    def test_a_score_for_another_user_is_compared_with_theirs(self) -> None:
        make_score(self.admin, 90, at=AT)
        make_score(self.reader, 5, at=AT)
        self.assertEqual(submit(self.reader, 7, by=self.admin), (5, 2, 2))

    def test_no_more_places_are_counted_than_the_limit(self) -> None:
        for player in make_users(4):
            make_score(player, 50, at=AT)
        with patch("scores.leaderboard.MAX_RANK", 4):
            self.assertEqual(submit(self.reader, 5), (None, None, None))
            self.assertEqual(submit(self.reader, 6), (5, None, None))
            self.assertEqual(submit(self.reader, 50), (6, 1, None))


class RaceTests(TransactionTestCase):
    def test_of_two_scores_at_once_the_second_is_compared_with_the_first(self) -> None:
        [player] = make_users(1)
        for number, points in enumerate((10, 20)):  # the first score of a user, and one after that
            found: list[Any] = []

            def run(points: int = points, found: list[Any] = found) -> None:
                try:
                    found.append(submit(player, points + 1))
                finally:
                    connection.close()

            thread = threading.Thread(target=run)
            with transaction.atomic():
                before = submit(player, points)[0]
                thread.start()
                thread.join(WAIT_SECONDS)
            thread.join()
            with self.subTest(number=number):
                self.assertEqual((before, found[0][0]), (11 if number else None, points))
