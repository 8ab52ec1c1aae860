from django.db import migrations, transaction

BATCH_USERS = 250

# Keeps scores from being added or deleted meanwhile. The lock is held for one batch: about 50 ms.
LOCK = "LOCK TABLE scores_score IN SHARE MODE"

# Only what a leaderboard can still show: all time, and the day, week and month of now.
FILL = """
    WITH days AS (
        SELECT user_id, score_day(date_submitted) AS day, max(score) AS score FROM scores_score
        WHERE verified AND user_id >= %(first)s AND user_id < %(first)s + %(size)s GROUP BY 1, 2
    )
    INSERT INTO scores_personalbest AS best (user_id, period, first_day, score)
        SELECT user_id, period, first_day, max(score) FROM days, score_periods(day)
        WHERE period = 'all' OR (period, first_day) IN (SELECT * FROM score_periods(score_day(now())))
        GROUP BY 1, 2, 3
    ON CONFLICT (user_id, period, first_day) DO UPDATE SET score = EXCLUDED.score WHERE EXCLUDED.score > best.score
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(user_id), 0) FROM scores_score")
        [(last,)] = cursor.fetchall()
        for first in range(0, last + 1, BATCH_USERS):
            with transaction.atomic():
                cursor.execute(LOCK)
                cursor.execute(FILL, {"first": first, "size": BATCH_USERS})


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("scores", "0004_personal_bests")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
