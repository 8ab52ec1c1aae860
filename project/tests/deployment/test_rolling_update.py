"""The previous release's own tests of its main acts, on the schema that this release leaves it with."""

import os
import sys
import tempfile
from pathlib import Path

from project.tests.database import previous_release
from project.tests.database.scratch import query, using
from project.tests.database.upgraded import UpgradedCase
from project.tests.processes import run
from project.tests.server.servers import database_url

# The previous release's tests of signing in, renting, recording, asking, voting, scores, devices and throttles, without
# those of query plans, which may use a newer index.
ITS_TESTS = (
    "accounts.tests.test_login",
    "api.tests.test_throttling",
    "books.tests.test_books",
    "devices.tests.test_devices",
    "infractions.tests.test_record",
    "infractions.tests.test_infractions.InfractionListTests.test_staff_see_all_and_officers_their_own",
    "infractions.tests.test_infractions.InfractionListTests.test_filters",
    "infractions.tests.test_infractions.VoidTests",
    "questions.tests.test_questions",
    "questions.tests.test_votes",
    "rentals.tests.test_rentals",
    "rentals.tests.test_payments",
    "scores.tests.test_submit",
)
# Its tests expect no rows but those that migrations make.
DEMO_TABLES = """
    SELECT string_agg(quote_ident(relname), ', ') FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ '^(django_|auth_)'
"""


# Its tests truncate the tables that they know, which PostgreSQL refuses while a newer table refers to them.
FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
    FROM pg_constraint WHERE contype = 'f'
"""
# Its tests expect the rights that its groups had. A migration of this release gives librarians these.
NEW_RIGHTS = """
    DELETE FROM auth_group_permissions USING auth_group, auth_permission
    WHERE group_id = auth_group.id AND permission_id = auth_permission.id
    AND auth_group.name = 'Librarians' AND codename IN ('view_payment', 'add_payment')
"""


class RollingUpdateTests(UpgradedCase):
    def test_its_own_tests_pass(self) -> None:
        with tempfile.TemporaryDirectory(prefix="townhall-test-previous-") as folder:
            if not previous_release.unpack(self.commit, Path(folder)):
                sys.stderr.write(f"\nNOT RUN: the previous release's code. Git has no {self.commit} here.\n")
                self.skipTest("the history of this clone is too short")
            self.make_database(f"test_{self.name}", template=self.name)  # so Django names the test database of NAME
            with using(f"test_{self.name}"):
                query(f"TRUNCATE {query(DEMO_TABLES)[0][0]} CASCADE")
                query(NEW_RIGHTS)
                for table, statement in query(FOREIGN_KEYS):
                    if table not in self.before:
                        query(statement)
            url = database_url()
            command = [
                sys.executable,
                Path(folder, "manage.py"),
                "test",
                *ITS_TESTS,
                "--keepdb",
                "--noinput",
                "--failfast",
            ]
            done = run(command, cwd=folder, env=os.environ | {"DATABASE_URL": url, "DATABASE_URL_FILE": ""})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"Ran \d{3} tests")
