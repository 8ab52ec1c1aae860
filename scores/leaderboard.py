"""Who has the best scores."""

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
    ALL = "all", _("All times")

    def start(self, at: datetime) -> datetime | None:
        """The first moment of the day, week (from Monday) or month that `at` lies in; None of all times."""
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
    """A user's best score and how many users have a better one, plus one."""

    rank: int
    user: User
    score: Decimal


@dataclass(frozen=True)
class Leaderboard:
    results: list[Place]
    me: Place | None

    @property
    def me_below(self) -> Place | None:
        """The user's place where it is not among the results."""
        return None if self.me in self.results else self.me


# From each user to the next best by index score_top, as many steps as there are places to show: the cost is that of the
# page, whatever the number of scores (0.5 ms for 20 places of 500,000). It is more where a few users hold all the best
# scores, which are passed over one by one (35 ms for 300,000 of one user). A caller who is not on the page costs a
# count over the scores above their own (index only; 30 to 50 ms where that is all of 360,000).
OF_ALL_TIMES = """
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

# All scores of the period, from index score_by_date alone (5 ms for a day of 8,000, 50 ms for a month of 170,000).
OF_A_PERIOD = """
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
    """The best verified score of each user in the period, best first, the first `size` of them; and that of the user
    whose id `me` is, wherever it stands.

    Equal scores share a rank, and the next one counts them all: 1, 2, 2, 4. Among equals the older account stands
    first. One statement gives both, so that they fit together, and one more the names.
    """
    start = period.start(at)
    with connection.cursor() as cursor:
        cursor.execute(OF_A_PERIOD if start else OF_ALL_TIMES, {"start": start, "size": size, "me": me})
        rows = cursor.fetchall()
    users = User.objects.only("name").in_bulk([user_id for _, user_id, _ in rows])
    places = [Place(rank, users[user_id], score) for rank, user_id, score in rows]
    mine = next((place for place in places if place.user.pk == me), None)
    return Leaderboard(places[:size], mine)
