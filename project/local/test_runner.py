"""Django's test runner, with settings for tests and changes that make the suite faster."""

import gc
import logging
import os
import signal
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import TestSuite, mock

from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import TestCase, runner
from django.test.utils import iter_test_cases, override_settings  # type: ignore[attr-defined]

from project.config.environment import media_storage
from project.local import migrated_cluster

DEPLOYMENT_TESTS = "project.tests.deployment"
# They start servers, databases and commands, and would take half of the time of the whole suite. CI runs them.
PROCESS_TESTS = ("project.tests.backups", "project.tests.local", "project.tests.server")
# The tag of tests that take half a second or more, as they try many things or need many rows. CI runs them too.
SLOW = "slow"
KEPT_TABLES = {"django_content_type", "auth_permission"}  # which Django fills after `migrate` and after each flush
HISTORY = "common_historyentry"
MIN_PARALLEL_TESTS = 100  # with fewer, copying the database for other processes takes longer than it saves


def use_test_settings(folder: str) -> None:
    """Enables a fast password hasher, files in the given folder, static files without a manifest and a silent log."""
    override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS],
        MEDIA_ROOT=str(Path(folder, "media")),
        MEDIA_URL="media/",
        STATIC_ROOT=folder,
        STORAGES={
            "default": media_storage(bucket=""),
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        LOGGING_CONFIG=None,
        MAIL_IN_BACKGROUND=False,
    ).enable()
    mock.patch.object(DatabaseOperations, "sql_flush", delete_all_rows).start()
    mock.patch("django.core.management.commands.flush.emit_post_migrate_signal").start()
    logging.getLogger().handlers = [logging.NullHandler()]


def delete_all_rows(self: DatabaseOperations, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
    """Returns the statements that empty the tables after a TransactionTestCase.

    Django's TRUNCATE makes new files for each table and index, and takes 0.2 s; this takes 0.02 s. All foreign keys
    are checked at the end of the transaction, so the order does not matter. No test needs sequences to start again.
    Content types and permissions stay: no test changes them, and making them again took 0.1 s after each test. The
    history is emptied last, because it records the deletions.
    """
    emptied = sorted((table for table in tables if table not in KEPT_TABLES), key=HISTORY.__eq__)
    return [f"DELETE FROM {self.quote_name(table)}" for table in emptied]  # noqa: S608


def init_worker(*arguments: Any) -> None:
    # SIGTERM must end a worker. In a fork, coverage's handler raises an error; a test may catch it, and Python hangs.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    runner.ParallelTestSuite.init_worker(*arguments)


class Suite(runner.ParallelTestSuite):
    """Applies the settings in each worker, which spawned workers (macOS) need and forked ones do not."""

    init_worker = init_worker
    process_setup = use_test_settings

    def __init__(self, subsuites: list[TestSuite], *arguments: Any, **options: Any) -> None:
        """Puts the long classes, which are in project/tests, first among those that Django orders the same.

        Otherwise one process would run the last of them while the others have nothing to do.
        """
        super().__init__(sorted(subsuites, key=order), *arguments, **options)


def order(subsuite: TestSuite) -> tuple[bool, bool]:
    # TestCase stays first: the others empty the tables, and with them the groups that migrations made.
    test = next(iter_test_cases(subsuite))
    return not isinstance(test, TestCase), not type(test).__module__.startswith("project.")


class Runner(runner.DiscoverRunner):
    parallel_test_suite = Suite

    def __init__(self, *, with_coverage: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.keepdb = self.keepdb or migrated_cluster.is_migrated

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        # project.local.command_line handles this option. It is added here for the help text.
        parser.add_argument("--with-coverage", action="store_true", help="Measures the coverage and prints a report.")

    def setup_test_environment(self, **options: Any) -> None:
        super().setup_test_environment(**options)
        self.folder = tempfile.TemporaryDirectory(prefix="townhall-files-")
        Suite.process_setup_args = (self.folder.name,)
        use_test_settings(self.folder.name)

    def load_tests_for_label(self, label: str, discover_kwargs: dict[str, str]) -> TestSuite:
        """Leaves out of the whole suite the tests of deployment, which script/test-deployment runs, and, unless the
        coverage is measured, those that start processes."""
        tests = super().load_tests_for_label(label, discover_kwargs)
        if label != ".":
            return tests
        packages = (DEPLOYMENT_TESTS,) if "TEST_EVERYTHING" in os.environ else (DEPLOYMENT_TESTS, *PROCESS_TESTS)
        left_out = tuple(f"{package}." for package in packages)
        kept = [test for test in iter_test_cases(tests) if not test.id().startswith(left_out)]
        if len(kept) < tests.countTestCases():
            self.log(f"Not run: {', '.join(packages)}.")
        return self.test_suite(kept)

    def build_suite(self, test_labels: Sequence[str] | None = None, **options: Any) -> TestSuite:
        """Returns a suite for several processes only where there are enough tests for that to pay.

        What is named is tested whole, as in CI. Otherwise, the slow tests are left out, and tests of all routes and
        pages try some of them.
        """
        if test_labels:
            os.environ |= {"TEST_EVERYTHING": "1"}  # before project.tests.sampling is imported
        elif "TEST_EVERYTHING" not in os.environ and not self.tags:
            self.exclude_tags.add(SLOW)
        processes, self.parallel = self.parallel, 1
        suite = super().build_suite(test_labels, **options)
        if processes <= 1 or suite.countTestCases() < MIN_PARALLEL_TESTS:
            return suite
        subsuites = runner.partition_suite_by_case(suite)
        self.parallel = min(processes, len(subsuites))
        return Suite(subsuites, self.parallel, self.failfast, self.debug_mode, self.buffer)

    def run_suite(self, suite: TestSuite, **options: Any) -> Any:
        # The garbage collector took a tenth of the time, most of it to look through what is imported and stays.
        gc.collect()
        gc.freeze()
        gc.set_threshold(2000, 20, 100)
        if isinstance(suite, Suite):
            connections.close_all()  # a database with a session cannot be copied, and only its copies are used
        return super().run_suite(suite, **options)

    def teardown_test_environment(self, **options: Any) -> None:
        super().teardown_test_environment(**options)
        self.folder.cleanup()
