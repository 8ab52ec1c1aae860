"""Whatever writes scores."""

from datetime import datetime
from decimal import Context, Decimal

from accounts.models import User
from scores.formula import score_of
from scores.models import PLACES, Score

KEPT = Context(prec=36)


def score_submit(*, input_value: Decimal, user: User | None, by: User | None, at: datetime) -> Score:
    """Records the score for an input value, for `user` or for nobody.

    It is verified when `by`, the caller who proved who they are, is the user or may score for others.
    """
    verified = user is not None and by is not None and (by == user or by.has_perm("scores.add_score"))
    score = score_of(input_value).quantize(PLACES, context=KEPT)
    return Score.objects.create(user=user, score=score, date_submitted=at, verified=verified)
