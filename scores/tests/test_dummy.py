"""Dummy scores."""

from datetime import UTC, datetime, timedelta
from random import Random

from django.test import TestCase

from accounts import dummy as people
from accounts.dummy import World
from scores import dummy
from scores.leaderboard import leaderboard
from scores.models import Period, Score

AT = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)


class DummyTests(TestCase):
    def test_the_data_is_plausible(self) -> None:
        world = World(random=Random(5), scale=2, at=AT)
        people.create(world)
        self.assertEqual(dummy.create(world), Score.objects.count())
        for score in Score.objects.select_related("user"):
            earliest = AT - timedelta(days=dummy.PERIOD_DAYS)
            if score.user is not None:
                earliest = max(earliest, score.user.date_joined)
            self.assertTrue(earliest <= score.date_submitted <= AT)
        dates = Score.objects.order_by("id").values_list("date_submitted", flat=True)
        self.assertEqual(list(dates), sorted(dates))
        counts = [len(leaderboard(period=period, size=100, me=None, at=AT).results) for period in Period]
        self.assertEqual(counts, sorted(counts))
        self.assertGreater(counts[-1], 25)
        self.assertTrue(Score.objects.filter(verified=False, user__isnull=False).exists())
        self.assertTrue(Score.objects.filter(user__isnull=True).exists())
        self.assertGreater(Score.objects.verified().count(), 0.8 * Score.objects.count())
