"""The bests of users, which the database keeps with each score, also in races."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase
from scores import personal
from scores.leaderboard import leaderboard
from scores.models import Period, PersonalBest, Score
from scores.services import score_submit
from scores.tests.builders import make_score, make_users, town_in

AT = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # a Thursday
WAIT_SECONDS = 0.3


def bests(user: User) -> dict[str, Any]:
    """Returns the bests of a user in the periods of AT."""
    rows = PersonalBest.objects.filter(user=user)
    current = {period: rows.filter(period=period, first_day=period.first_day(AT)).first() for period in Period}
    return {period.value: best and best.score for period, best in current.items()}


class KeptTests(CastTestCase):
    def test_each_verified_score_counts_in_its_periods(self) -> None:
        for points, ago in ((5, 0), (3, 0), (7, 1), (6, 2), (9, 10), (11, 60)):
            make_score(self.reader, points, at=AT - timedelta(days=ago))
        make_score(self.reader, 99, at=AT, verified=False)
        make_score(None, 98, at=AT)
        self.assertEqual(bests(self.reader), {"day": 5, "week": 7, "month": 9, "all": 11})
        self.assertEqual(PersonalBest.objects.filter(period="all").count(), 1)

    def test_many_scores_at_once_count(self) -> None:
        players = make_users(3)
        Score.objects.bulk_create(
            Score(user=player, score=number, date_submitted=AT, verified=True)
            for number in range(10)
            for player in players
        )
        for player in players:
            self.assertEqual(bests(player), dict.fromkeys(Period.values, 9))

    def test_a_deleted_score_no_longer_counts(self) -> None:
        make_score(self.reader, 4, at=AT)
        make_score(self.reader, 6, at=AT - timedelta(days=1))
        make_score(self.reader, 5, at=AT - timedelta(days=100))
        faked = make_score(self.reader, 1000, at=AT)
        make_score(self.other, 7, at=AT)
        faked.delete()
        self.assertEqual(bests(self.reader), {"day": 4, "week": 6, "month": 6, "all": 6})
        self.assertEqual(bests(self.other), dict.fromkeys(Period.values, 7))
        Score.objects.all().delete()
        self.assertFalse(PersonalBest.objects.exists())

    def test_days_are_those_of_the_town(self) -> None:
        late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
        with town_in("Pacific/Auckland"):
            make_score(self.reader, 1, at=late)
        self.assertEqual(str(PersonalBest.objects.get(period="day").first_day), "2026-11-20")

    def test_closing_an_account_keeps_its_place(self) -> None:
        make_score(self.reader, 4, at=AT)
        make_score(self.reader, 5, at=AT, verified=False)
        personal.close(self.reader, at=AT)
        [place] = leaderboard(period=Period.ALL, size=20, me=None, at=AT).results
        self.assertEqual((place.user, place.score), (self.reader, 4))

    def test_tidy_deletes_the_bests_of_past_periods(self) -> None:
        now = timezone.now()
        make_score(self.reader, 1, at=now)
        make_score(self.reader, 2, at=now - timedelta(days=70))
        self.assertEqual(PersonalBest.objects.count(), 7)
        call_command("tidy", dry_run=True, stdout=StringIO())
        self.assertEqual(PersonalBest.objects.count(), 7)
        call_command("tidy", stdout=StringIO())
        self.assertEqual(
            sorted(PersonalBest.objects.values_list("period", "score")),
            [("all", 2), ("day", 1), ("month", 1), ("week", 1)],
        )


class RaceTests(TransactionTestCase):
    def setUp(self) -> None:
        [self.player] = make_users(1)

    def at_once(self, first: Callable[[], object], second: Callable[[], object]) -> None:
        """Runs `second` in another transaction, which begins after `first` and before it is committed."""

        def run() -> None:
            try:
                second()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        with transaction.atomic():
            first()
            thread.start()
            thread.join(WAIT_SECONDS)
        thread.join()

    def submit(self, points: int) -> Callable[[], object]:
        return lambda: make_score(self.player, points, at=AT)

    def test_of_two_scores_at_once_the_better_counts(self) -> None:
        for first, second in ((10, 20), (40, 30)):
            with self.subTest(first=first):
                self.at_once(self.submit(first), self.submit(second))
                self.assertEqual(bests(self.player), dict.fromkeys(Period.values, max(first, second)))

    def test_a_score_counts_that_comes_while_the_best_is_deleted(self) -> None:
        for points in (20, 25):  # with and without a better one that stays
            Score.objects.all().delete()
            make_score(self.player, 22, at=AT)
            faked = make_score(self.player, 90, at=AT)
            with self.subTest(points=points):
                self.at_once(faked.delete, self.submit(points))
                self.assertEqual(bests(self.player), dict.fromkeys(Period.values, max(points, 22)))

    def test_a_deletion_counts_a_score_that_comes_before_it(self) -> None:
        faked = make_score(self.player, 90, at=AT)
        self.at_once(self.submit(30), faked.delete)
        self.assertEqual(bests(self.player), dict.fromkeys(Period.values, 30))

    def test_two_deletions_at_once_leave_what_is_left(self) -> None:
        make_score(self.player, 1, at=AT)
        first, second = (make_score(self.player, points, at=AT) for points in (80, 90))
        self.at_once(first.delete, second.delete)
        self.assertEqual(bests(self.player), dict.fromkeys(Period.values, 1))

    def test_closing_an_account_while_it_scores_keeps_the_score(self) -> None:
        self.at_once(
            lambda: personal.close(self.player, at=AT),
            lambda: score_submit(input_value=Decimal(7), user=self.player, by=self.player, at=AT),
        )
        self.assertEqual(bests(self.player)["all"], 8)
