import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from psycopg2.extensions import adapt

# The previous release does not set townhall.time_zone. Its scores count in days of the zone of this migration.
CREATE_PERIODS = f"""
    CREATE FUNCTION score_day(at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
        SELECT (at AT TIME ZONE
            coalesce(nullif(current_setting('townhall.time_zone', true), ''), {adapt(settings.TIME_ZONE)}))::date
    $$;
    CREATE FUNCTION score_periods(day date) RETURNS TABLE (period text, first_day date) LANGUAGE sql IMMUTABLE ROWS 4
    AS $$
        VALUES ('all', date '0001-01-01'), ('day', day), ('month', date_trunc('month', day::timestamp)::date),
            ('week', date_trunc('week', day::timestamp)::date)
    $$;
"""

# Rows are locked in the order of user and period, so that two transactions never wait for each other. A conflict locks
# the row of "all" even if the new score is no best: scores of one user are counted one after the other, and a deletion
# that looks for the next best sees each of them or is seen by it.
CREATE_COUNTING = """
    CREATE FUNCTION score_count_bests() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO scores_personalbest AS best (user_id, period, first_day, score)
            SELECT user_id, period, first_day, max(score) FROM added, score_periods(score_day(date_submitted))
            WHERE verified GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (user_id, period, first_day) DO UPDATE SET score = EXCLUDED.score
            WHERE EXCLUDED.score > best.score;
        RETURN NULL;
    END $$;
    CREATE TRIGGER score_added AFTER INSERT ON scores_score
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION score_count_bests();
"""

# Each statement of the function sees what was committed before it began: the lock is taken before the scores are read.
CREATE_RECOUNTING = """
    CREATE FUNCTION score_recount_bests() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM FROM scores_personalbest WHERE user_id IN (SELECT user_id FROM removed WHERE verified)
            ORDER BY user_id, period, first_day FOR UPDATE;
        DELETE FROM scores_personalbest WHERE user_id IN (SELECT user_id FROM removed WHERE verified);
        INSERT INTO scores_personalbest AS best (user_id, period, first_day, score)
            SELECT user_id, period, first_day, max(score) FROM scores_score, score_periods(score_day(date_submitted))
            WHERE verified AND user_id IN (SELECT user_id FROM removed WHERE verified)
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (user_id, period, first_day) DO UPDATE SET score = EXCLUDED.score
            WHERE EXCLUDED.score > best.score;
        RETURN NULL;
    END $$;
    CREATE TRIGGER score_removed AFTER DELETE ON scores_score
        REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION score_recount_bests();
"""

class Migration(migrations.Migration):
    """Keeps the bests of users, from now on. The next migration fills in those of the scores before."""

    dependencies = [
        ("scores", "0003_verified_score_message"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonalBest",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user", "period", "first_day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[("day", "Today"), ("week", "This week"), ("month", "This month"), ("all", "All time")],
                        max_length=5,
                        verbose_name="period",
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("score", models.DecimalField(decimal_places=20, max_digits=36, verbose_name="score")),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "personal best",
                "verbose_name_plural": "personal bests",
                "indexes": [
                    models.Index(
                        models.F("period"),
                        models.F("first_day"),
                        models.OrderBy(models.F("score"), descending=True),
                        models.F("user"),
                        name="best_by_score",
                    )
                ],
            },
        ),
        migrations.RunSQL(CREATE_PERIODS, "DROP FUNCTION score_periods; DROP FUNCTION score_day"),
        migrations.RunSQL(
            CREATE_COUNTING, "DROP TRIGGER score_added ON scores_score; DROP FUNCTION score_count_bests"
        ),
        migrations.RunSQL(
            CREATE_RECOUNTING, "DROP TRIGGER score_removed ON scores_score; DROP FUNCTION score_recount_bests"
        ),
    ]
