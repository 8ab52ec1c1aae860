"""Rolling updates: while a deployment runs, the previous release works on the schema of this one."""

from django.db import transaction

from project.tests.database import linted_migrations
from project.tests.database.scratch import query
from project.tests.database.upgraded import COLUMNS, UpgradedCase

# The statements of its throttles, which are no queries of models.
TAKE = """
    INSERT INTO api_throttlewindow AS held (key, hits, ends) VALUES ('a key', 1, now())
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN held.ends <= now() THEN 1 ELSE held.hits + 1 END,
        ends = CASE WHEN held.ends <= now() THEN now() ELSE held.ends END
    WHERE held.ends <= now() OR held.hits < 5
    RETURNING hits
"""
GIVE_BACK = "UPDATE api_throttlewindow SET hits = hits - 1 WHERE key = 'a key' AND hits > 0"
FORGET = """
    DELETE FROM api_throttlewindow WHERE key IN
        (SELECT key FROM api_throttlewindow WHERE ends <= now() ORDER BY ends LIMIT 10 FOR UPDATE SKIP LOCKED)
"""


class StatementTests(UpgradedCase):
    def test_each_table_takes_the_statements_that_know_only_its_old_columns(self) -> None:
        for table, columns in self.before.items():
            read = ", ".join(f'"{column}"' for column in columns)
            written = ", ".join(f'"{column}"' for column, is_generated in columns.items() if not is_generated)
            same = ", ".join(f'"{column}" = "{column}"' for column, is_generated in columns.items() if not is_generated)
            with self.subTest(table), transaction.atomic():
                query(f'CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT {read} FROM "{table}"')  # noqa: S608
                query(f'UPDATE "{table}" SET {same}')  # noqa: S608
                query(f'DELETE FROM "{table}"')  # noqa: S608
                query(f'INSERT INTO "{table}" ({written}) SELECT {written} FROM kept')  # noqa: S608
                query("SET CONSTRAINTS ALL IMMEDIATE")
                transaction.set_rollback(True)

    def test_no_new_column_must_be_named(self) -> None:
        """Also in tables that have no row in the file, so that the test above inserts nothing."""
        needed = [
            f"{table}.{column}"
            for table, column, _, is_needed in query(COLUMNS)
            if is_needed and column not in self.before.get(table, {column: False})
        ]
        self.assertEqual(needed, [])

    def test_its_throttles_count(self) -> None:
        with transaction.atomic():
            for statement in (TAKE, TAKE, GIVE_BACK, FORGET):
                query(statement)
            transaction.set_rollback(True)

    def test_it_finds_itself_ready(self) -> None:
        """It is not ready for traffic while one of its migrations is missing."""
        self.assertLessEqual(self.its_migrations, set(query("SELECT app, name FROM django_migrations")))

    def test_each_new_migration_leaves_it_working_or_its_reason_is_written(self) -> None:
        found = linted_migrations.find_new_issues(self.statements, old_apps={app for app, _ in self.its_migrations})
        self.assertEqual(found, set(linted_migrations.ACCEPTED))

    def test_a_planted_migration_is_found(self) -> None:
        found = linted_migrations.find_issues(*linted_migrations.planted_migration())
        expected = {
            "CREATE_INDEX",
            "CREATE_INDEX_EXCLUSIVE",
            "DROP_COLUMN",
            "NOT_NULL",
            "RENAME_COLUMN",
            "RUNSQL_REVERSIBLE",
        }
        self.assertEqual({code for _, code in found}, expected)
