"""Fills a database for measuring: with ties, skew and deleted rows, which random keys alone would not have."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from scores.promises import bests_rebuild

USERS_PER_ROW = 10  # rows for each user
BOOKS, HOT_USER, HOT_USER_ROWS, OFFICERS = 1_000, 2, 10_000, 10
PASSWORD = "bench"  # noqa: S105  of a database that only measurements use
DAYS = 400  # of scores
MANY_INFRACTIONS = 100_000  # of person 2; person 1 has 1,000

# Each statement fills a table with `rows` rows, or fewer where the service has fewer. `ties` is the share of rows with
# one and the same sort key. Owners are skewed: the square of a random number prefers the first users.
STATEMENTS = [
    """INSERT INTO accounts_user (username, password, email, name, phone, address, remarks, is_active, is_staff,
        is_superuser, date_joined)
    SELECT 'resident_' || n, %(password)s, 'r' || n || '@example.org', 'Resident ' || n, '', '', '', true, false,
        n = 1, now() FROM generate_series(1, %(users)s) n""",
    """INSERT INTO books_book (name, description, author, book_type, copies, copies_out)
    SELECT 'Book ' || lpad(n::text, 6, '0'), repeat('A story of a town. ', 10), 'Author ' || n %% 50,
        (ARRAY['regular', 'fiction', 'novel'])[1 + n %% 3], 100000, 0 FROM generate_series(1, %(books)s) n""",
    """INSERT INTO questions_question (title, description, author_id, created, ranking, is_from_today, answers, likes,
        dislikes)
    SELECT 'Question ' || n, repeat('Where should it go? ', 5), 1 + floor(random() ^ 2 * %(users)s)::int,
        now() - interval '1 day' - n * interval '1 second',
        5 * likes, false, 0, likes, 0
    FROM (SELECT n, CASE WHEN random() < %(ties)s THEN 0 ELSE floor(random() ^ 3 * 2000)::int END AS likes
        FROM generate_series(1, %(rows)s) n) AS counts""",
    "INSERT INTO devices_devicemodel (slug) SELECT 'model-' || n FROM generate_series(1, 20) n",
    """INSERT INTO devices_device (slug, model_id, name, note, serial, created_at, updated_at)
    SELECT 'device-' || n, 'model-' || 1 + floor(random() ^ 2 * 20)::int, 'Device ' || n, 'On a wall.',
        'B' || lpad(n::text, 9, '0'), moment, moment
    FROM generate_series(1, %(rows)s) n, LATERAL (SELECT now() -
        CASE WHEN random() < %(ties)s THEN interval '1 day' ELSE n * interval '1 second' END AS moment) AS times""",
    """INSERT INTO scores_score (user_id, score, date_submitted, verified)
    SELECT 1 + floor(random() ^ 2 * %(users)s)::int, floor(random() * 1000000),
        date_trunc('day', now()) -
        CASE WHEN random() < %(ties)s THEN interval '1 day' ELSE random() * interval '400 days' END,
        random() < 0.9
    FROM generate_series(1, %(rows)s)""",
    """INSERT INTO rentals_rental (user_id, book_id, book_type, date_rented, date_due, date_returned)
    SELECT CASE WHEN n <= %(hot)s THEN %(hot_user)s ELSE 1 + floor(random() ^ 2 * %(users)s)::int END,
        1 + n %% %(books)s, 'novel', moment, moment + interval '28 days', moment + random() * interval '40 days'
    FROM generate_series(1, %(rows)s) n,
        LATERAL (SELECT now() - interval '50 days' - n / 1000 * interval '1 hour' AS moment) AS times""",
    """INSERT INTO infractions_person (name, email)
    SELECT 'Person ' || n, 'p' || n || '@example.org' FROM generate_series(1, %(users)s) n""",
    """INSERT INTO infractions_vehicle (license_plate, brand, color, owner_id)
    SELECT 'AAA-' || n, 'Volvo', 'red', n FROM generate_series(1, %(users)s) n""",
    """INSERT INTO infractions_officer (name, badge_number, token_hash)
    SELECT 'Officer ' || n, 'B-' || n, encode(sha256(convert_to(lpad(n::text, 30, '0'), 'UTF8')), 'hex')
    FROM generate_series(1, %(officers)s) n""",
    """INSERT INTO infractions_infraction (vehicle_id, owner_id, officer_id, timestamp, recorded, comments, void_reason)
    SELECT person, person, 1 + n %% %(officers)s, moment, moment, 'Parked on the crossing.', ''
    FROM generate_series(1, %(rows)s) n,
        LATERAL (SELECT CASE WHEN n <= 1000 THEN 1 WHEN n <= 1000 + %(many)s THEN 2
            ELSE 3 + floor(random() ^ 2 * (%(users)s - 3))::int END AS person) AS persons,
        LATERAL (SELECT now() -
            CASE WHEN random() < %(ties)s THEN interval '1 day' ELSE n * interval '1 second' END AS moment) AS times""",
]
# Dead rows in the heap and in the indexes, as a table has that is written to.
DELETIONS = [
    "DELETE FROM questions_question WHERE id %% 10 = 0",
    "DELETE FROM scores_score WHERE id %% 10 = 0",
    "DELETE FROM devices_device WHERE slug LIKE '%%0'",
]
LARGE_TABLES = (
    "questions_question",
    "devices_device",
    "scores_score",
    "rentals_rental",
    "infractions_infraction",
)
# Indexes that no constraint needs. Building them afterwards takes a fraction of the time.
INDEXES = """
    SELECT format('DROP INDEX %%I', relname), pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = ANY (%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


SCORES_OF_TODAY = """
    INSERT INTO scores_score (user_id, score, date_submitted, verified)
    SELECT 1 + floor(random() ^ 2 * %s)::int, floor(random() * 1000000), now(), true FROM generate_series(1, %s)
"""


def seed(*, rows: int, ties: float) -> None:
    """Fills an empty, migrated database. All users have the same password, PASSWORD."""
    values: dict[str, float | str] = {
        "rows": rows,
        "ties": ties,
        "users": max(rows // USERS_PER_ROW, 1_000),
        "books": BOOKS,
        "hot_user": HOT_USER,
        "hot": min(HOT_USER_ROWS, rows // 2),
        "officers": OFFICERS,
        "many": min(MANY_INFRACTIONS, rows // 4),
        "password": make_password(PASSWORD),
    }
    with connection.cursor() as cursor:
        with transaction.atomic():  # a database that was filled in part would be taken for a filled one
            cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
            cursor.execute(INDEXES, [list(LARGE_TABLES)])
            drops, creations = zip(*cursor.fetchall(), strict=True)
            for statement in drops:
                cursor.execute(statement)
            # They keep the bests of users, which one statement counts below, and words, which `search` measures.
            set_triggers(cursor, "DISABLE")
            for statement in STATEMENTS:
                cursor.execute(statement, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is built while checks are pending
            for statement in creations:
                cursor.execute(statement)
            for statement in DELETIONS:
                cursor.execute(statement, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            set_triggers(cursor, "ENABLE")
        bests_rebuild(timezone.now())
        cursor.execute("VACUUM ANALYZE")


def set_triggers(cursor: Any, act: str) -> None:
    """Enables or disables the triggers of the large tables, except those of foreign keys."""
    for table in LARGE_TABLES:
        cursor.execute(f"ALTER TABLE {table} {act} TRIGGER USER")


def add_scores_of_today(rows: int) -> None:
    """Adds a day's share of scores, if there are none of today: a database is used for longer than a day."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM scores_score WHERE date_submitted >= date_trunc('day', now()))")
        if not cursor.fetchone()[0]:
            cursor.execute(SCORES_OF_TODAY, [max(rows // USERS_PER_ROW, 1_000), rows // DAYS])


def is_seeded() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) > 100 FROM books_book")
        return bool(cursor.fetchone()[0])
