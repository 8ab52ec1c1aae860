"""What is promised about scores."""

from datetime import datetime

from django.db import connection, transaction

from common.promises import Promise, rows_of

COUNTED = """
    SELECT user_id, score_periods.period, score_periods.first_day, max(score) AS score
    FROM scores_score, score_periods(score_day(date_submitted)) WHERE verified GROUP BY 1, 2, 3
"""
# `manage.py tidy` deletes the bests of past days, weeks and months, so these may be missing.
WRONG_BESTS = f"""
    SELECT 'accounts_user ' || user_id AS row, period, first_day, best.score, counted.score AS counted
    FROM ({COUNTED}) counted FULL JOIN scores_personalbest best USING (user_id, period, first_day)
    WHERE best.score IS DISTINCT FROM counted.score AND (
        best.score IS NOT NULL
        OR counted.first_day >= (
            SELECT now.first_day FROM score_periods(score_day(%(at)s)) now WHERE now.period = counted.period
        )
    )
"""  # noqa: S608
LOCK = "LOCK TABLE scores_personalbest IN SHARE ROW EXCLUSIVE MODE"
DELETE = f"""
    DELETE FROM scores_personalbest best WHERE NOT EXISTS (
        SELECT FROM ({COUNTED}) counted WHERE (counted.user_id, counted.period, counted.first_day, counted.score)
            = (best.user_id, best.period, best.first_day, best.score)
    )
"""  # noqa: S608
INSERT = f"INSERT INTO scores_personalbest (user_id, period, first_day, score) {COUNTED} ON CONFLICT DO NOTHING"


@transaction.atomic
def bests_rebuild(at: datetime) -> None:
    """Counts all bests again. Scores that are submitted meanwhile wait, because their trigger writes bests."""
    with connection.cursor() as cursor:
        for statement in (LOCK, DELETE, INSERT):
            cursor.execute(statement)


PROMISES = (
    Promise(
        "personal_bests",
        "The best of a resident is the highest of the verified scores, in each period.",
        rows_of(WRONG_BESTS),
        fix=bests_rebuild,
    ),
)
