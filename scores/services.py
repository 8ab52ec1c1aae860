"""The service that records scores."""

from datetime import datetime
from decimal import Context, Decimal

from django.db import transaction

from accounts.models import User
from common.statements import insert
from scores.formula import score_of
from scores.leaderboard import standing_set
from scores.models import SCORE_DECIMAL_PLACES, SCORE_DIGITS, Score

SCORE_STEP = Decimal(1).scaleb(-SCORE_DECIMAL_PLACES)
SCORE_CONTEXT = Context(prec=SCORE_DIGITS)


def score_submit(*, input_value: Decimal, user: User | None, by: User | None, at: datetime) -> Score:
    """Records the score for an input value, for `user` or for no user.

    The score is verified if `by`, the authenticated caller, is the user or may submit scores for other users. Then it
    has `previous_best`, `rank` and `previous_rank`, which are right for any number of simultaneous calls.
    """
    verified = user is not None and by is not None and (by == user or by.has_perm("scores.add_score"))
    score = score_of(input_value).quantize(SCORE_STEP, context=SCORE_CONTEXT)
    row = Score(user=user, score=score, date_submitted=at, verified=verified)
    if not verified:
        return insert(row)
    with transaction.atomic():
        insert(row)
        standing_set(row)
    return row
