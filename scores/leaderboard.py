"""The leaderboard: the best verified score of each user."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import User
from scores.models import Period, Score


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


# Reads the page from the index best_by_score. The rank of a caller who is not on the page counts the bests above, in
# the same index only (10 ms for 100,000).
SQL = """
    WITH board AS NOT MATERIALIZED (
        SELECT user_id, score FROM scores_personalbest WHERE period = %(period)s AND first_day = %(first_day)s
    ), top AS (
        SELECT user_id, score FROM board ORDER BY score DESC, user_id LIMIT %(size)s
    ), mine AS (
        SELECT user_id, score FROM board WHERE user_id = %(me)s AND user_id NOT IN (SELECT user_id FROM top)
    )
    SELECT rank() OVER (ORDER BY score DESC), user_id, score FROM top
    UNION ALL
    SELECT 1 + (SELECT count(*) FROM board WHERE score > mine.score), user_id, score FROM mine
    ORDER BY score DESC, user_id
"""

MAX_RANK = 1_000  # of a standing: counting further would take longer than recording the score
# The places above the best score before, and above the best now. Of both, only as many as a rank may have are counted.
STANDING_SQL = """
    WITH board AS NOT MATERIALIZED (
        SELECT user_id, score FROM scores_personalbest WHERE period = %(period)s AND first_day = %(first_day)s
    ), best AS (
        SELECT max(score) AS before FROM scores_score WHERE user_id = %(user)s AND verified AND id <> %(id)s
    )
    SELECT before, (
        SELECT count(*) FROM (SELECT FROM board WHERE score > greatest(before, %(score)s) LIMIT %(limit)s) AS above
    ), CASE WHEN before < %(score)s THEN (
        SELECT count(*) FROM (
            SELECT FROM board WHERE score > before AND user_id <> %(user)s LIMIT %(limit)s
        ) AS above
    ) END FROM best
"""


def standing_set(score: Score) -> None:
    """Sets the best score of the user before a verified score was recorded, and the ranks of all time before and after.

    Must be called in the transaction that recorded the score: until it ends, no other score of the user is recorded,
    because the triggers of migration 0004_personal_bests have locked the row of the user's best. A rank below
    MAX_RANK is None.
    """
    values: dict[str, Any] = {"period": Period.ALL, "first_day": date.min, "limit": MAX_RANK}
    values |= {"user": score.user_id, "id": score.pk, "score": score.score}
    with connection.cursor() as cursor:
        cursor.execute(STANDING_SQL, values)
        [(score.previous_best, above, above_before)] = cursor.fetchall()
    score.rank = rank_below(above)
    if score.previous_best is not None:
        score.previous_rank = score.rank if above_before is None else rank_below(above_before)


def rank_below(above: int) -> int | None:
    """Returns the rank below a number of places, or None if there are more than were counted."""
    return above + 1 if above < MAX_RANK else None


def leaderboard(*, period: Period, size: int, me: Any, at: datetime) -> Leaderboard:
    """Returns the best `size` places of the period, and the place of the user with the id `me`.

    Equal scores share a rank, and the next rank counts all of them: 1, 2, 2, 4. Of equal scores, that of the older
    account comes first. One statement reads all places, so that they are consistent, and another reads the names.
    """
    values = {"period": period, "first_day": period.first_day(at), "size": size, "me": me}
    with connection.cursor() as cursor:
        cursor.execute(SQL, values)
        rows = cursor.fetchall()
    users = User.objects.only("name").in_bulk([user_id for _, user_id, _ in rows])
    places = [Place(rank, users[user_id], score) for rank, user_id, score in rows]
    own = next((place for place in places if place.user.pk == me), None)
    return Leaderboard(places[:size], own)
