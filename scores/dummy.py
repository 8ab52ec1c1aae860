"""Scores of an invented world."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.dummy import World
from accounts.models import User
from scores.formula import score_of
from scores.models import Score

DAYS = 60
GAMES = 25  # of one player, at most
PLAYS, CLAIMED, BY_NOBODY = 0.8, 0.05, 0.05  # how often
LEAST, MOST = 200, 800  # what a player is good for
SPREAD, LEARNT = 60, 120  # from game to game, and over all the days


def create(world: World) -> int:
    """Scores of the last 60 days: most people play, some better than others, and all get better at it."""
    people = User.objects.filter(pk__in=world.user_ids).order_by("pk").values_list("pk", "date_joined")
    scores = [score for user_id, joined in people for score in played(world, user_id, joined)]
    return world.store(sorted(scores, key=lambda score: score.date_submitted))


def played(world: World, user_id: int, joined: datetime) -> Iterator[Score]:
    """What one person reached; a few without signing in, which are claims or nobody's."""
    random = world.random
    if random.random() > PLAYS:
        return
    skill, first = random.uniform(LEAST, MOST), world.at - timedelta(days=DAYS)
    for _ in range(random.randint(1, GAMES)):
        at, how = world.moment(DAYS, since=joined), random.random()
        practice = LEARNT * (at - first) / timedelta(days=DAYS)
        points = max(0, round(random.gauss(skill + practice, SPREAD)))
        yield Score(
            user_id=None if how < BY_NOBODY else user_id,
            score=score_of(Decimal(points)),
            date_submitted=at,
            verified=how >= BY_NOBODY + CLAIMED,
        )
