"""The leaderboard: the best verified score of each user."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.days import day_start, week_begin


class Period(models.TextChoices):
    DAY = "day", _("Today")
    WEEK = "week", _("This week")
    MONTH = "month", _("This month")
    ALL = "all", _("All time")

    def start(self, at: datetime) -> datetime | None:
        """Returns the start of the day, week (from Monday) or month of `at`; None for all time."""
        if self is Period.ALL:
            return None
        day = timezone.localdate(at)
        if self is Period.WEEK:
            day = week_begin(day)
        elif self is Period.MONTH:
            day = day.replace(day=1)
        return day_start(day)


@dataclass(frozen=True)
class Place:
    """A user's best score, and its rank: one more than the number of users with a better score."""

    rank: int
    user: User
    score: Decimal


@dataclass(frozen=True)
class Leaderboard:
    results: list[Place]
    me: Place | None

    @property
    def me_below(self) -> Place | None:
        """Returns the caller's place if the results do not include it."""
        return None if self.me in self.results else self.me


# Goes from each user to the next best one by the index score_top, one step for each place. The cost depends on the page
# and not on the number of scores (0.5 ms for 20 places of 500,000 scores). It is higher if a few users have all of the
# best scores, which are skipped one by one (35 ms for 300,000 scores of one user). A caller who is not on the page adds
# a count of the scores above their own (index only; 30 to 50 ms if those are all of 360,000).
ALL_TIME_SQL = """
    WITH RECURSIVE top AS (
        (SELECT user_id, score, ARRAY[user_id] AS seen FROM scores_score
            WHERE verified ORDER BY score * -1, user_id LIMIT 1)
        UNION ALL
        SELECT following.user_id, following.score, seen || following.user_id FROM top CROSS JOIN LATERAL
            (SELECT user_id, score FROM scores_score
                WHERE verified AND (score * -1, user_id) > (top.score * -1, top.user_id) AND user_id <> ALL (seen)
                ORDER BY score * -1, user_id LIMIT 1) following
        WHERE cardinality(seen) < %(size)s
    ), mine AS (
        SELECT max(score) AS score FROM scores_score
        WHERE verified AND user_id = %(me)s AND NOT EXISTS (SELECT FROM top WHERE user_id = %(me)s)
    )
    SELECT rank() OVER (ORDER BY score DESC), user_id, score FROM top
    UNION ALL
    SELECT 1 + (SELECT count(DISTINCT user_id) FROM scores_score WHERE verified AND score > mine.score), %(me)s, score
    FROM mine WHERE score IS NOT NULL
    ORDER BY score DESC, user_id
"""

# Reads all scores of the period, only from the index score_by_date (5 ms for a day of 8,000, 50 ms for a month of
# 170,000).
PERIOD_SQL = """
    WITH best AS (
        SELECT user_id, max(score) AS score FROM scores_score
        WHERE verified AND date_submitted >= %(start)s GROUP BY user_id
    ), ranked AS (
        SELECT rank() OVER (ORDER BY score DESC) AS rank, user_id, score,
            row_number() OVER (ORDER BY score DESC, user_id) AS place
        FROM best
    )
    SELECT rank, user_id, score FROM ranked WHERE place <= %(size)s OR user_id = %(me)s ORDER BY place
"""


def leaderboard(*, period: Period, size: int, me: Any, at: datetime) -> Leaderboard:
    """Returns the best `size` places of the period, and the place of the user with the id `me`.

    Equal scores share a rank, and the next rank counts all of them: 1, 2, 2, 4. Of equal scores, that of the older
    account comes first. One statement reads all places, so that they are consistent, and another reads the names.
    """
    start = period.start(at)
    with connection.cursor() as cursor:
        cursor.execute(PERIOD_SQL if start else ALL_TIME_SQL, {"start": start, "size": size, "me": me})
        rows = cursor.fetchall()
    users = User.objects.only("name").in_bulk([user_id for _, user_id, _ in rows])
    places = [Place(rank, users[user_id], score) for rank, user_id, score in rows]
    own = next((place for place in places if place.user.pk == me), None)
    return Leaderboard(places[:size], own)
