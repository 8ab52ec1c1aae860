"""Dummy scores."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.dummy import World
from scores.formula import score_of
from scores.models import Score

PERIOD_DAYS = 60
MAX_SCORES_PER_USER = 25
PLAYER_SHARE = 0.8  # of the users
CLAIMED_SHARE, ANONYMOUS_SHARE = 0.05, 0.05  # of the scores
MIN_SKILL, MAX_SKILL = 200, 800  # mean score of a user on the first day
SCORE_DEVIATION, IMPROVEMENT = 60, 120  # of one score, and of the mean over the whole period


def create(world: World) -> int:
    """Creates scores of most users, whose skills differ and improve, and returns the number of rows."""
    scores = [score for joined, user_id in world.joined() for score in scores_of(world, user_id, joined)]
    return world.store(sorted(scores, key=lambda score: score.date_submitted))


def scores_of(world: World, user_id: int, joined: datetime) -> Iterator[Score]:
    """Yields the scores of one user. A few were submitted without credentials, as claims or for no user."""
    random = world.random
    if not world.happens(PLAYER_SHARE):
        return
    skill, first = random.uniform(MIN_SKILL, MAX_SKILL), world.at - timedelta(days=PERIOD_DAYS)
    for _ in range(random.randint(1, MAX_SCORES_PER_USER)):
        at, chance = world.moment(PERIOD_DAYS, since=joined), random.random()
        practice = IMPROVEMENT * (at - first) / timedelta(days=PERIOD_DAYS)
        points = max(0, round(random.gauss(skill + practice, SCORE_DEVIATION)))
        yield Score(
            user_id=None if chance < ANONYMOUS_SHARE else user_id,
            score=score_of(Decimal(points)),
            date_submitted=at,
            verified=chance >= ANONYMOUS_SHARE + CLAIMED_SHARE,
        )
