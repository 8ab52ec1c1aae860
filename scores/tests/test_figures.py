"""The dashboard's figures of scores."""

from datetime import UTC, datetime, timedelta

from accounts.tests.cast import CastTestCase
from common.tests.figures import figures_of
from scores.figures import scores
from scores.tests.builders import make_score

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
INSTANT = timedelta(microseconds=1)


class ScoreFiguresTests(CastTestCase):
    def test_new_today(self) -> None:
        today, tomorrow = datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
        for at in (today - INSTANT, today, tomorrow - INSTANT, tomorrow):
            make_score(self.reader, 1, at=at)
        self.assertEqual(figures_of(scores(at=AT)), {"New today": 2, "Unverified claims this week": 0})

    def test_claims_of_this_week(self) -> None:
        monday, following = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
        for at in (monday - INSTANT, monday, following - INSTANT, following):
            make_score(self.reader, 1, at=at, verified=False)
        make_score(self.reader, 1, at=monday)
        self.assertEqual(figures_of(scores(at=AT)), {"New today": 0, "Unverified claims this week": 2})
